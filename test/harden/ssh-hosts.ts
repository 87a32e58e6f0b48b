import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ClientFiles, writeClientFiles } from '../helpers/client-files.ts'
import { freePort } from '../helpers/free-port.ts'
import { makeKey } from '../helpers/ssh-key.ts'
import { type TempDir, tempDir } from '../helpers/temp-dir.ts'
import { type Sandbox, startSandbox } from '../plan/sandbox.ts'

/** One host: this machine with an /etc of its own and the sshd that reads it, reachable as root and as deploy, who may sudo. */
export interface SshHost {
  readonly address: string
  /** The text of a file below its /etc; undefined where there is none. */
  read(path: string): Promise<string | undefined>
  sh(line: string): Promise<string>
  /** What its sshd logged. */
  log(): Promise<string>
}

export interface SshHosts extends AsyncDisposable, ClientFiles {
  readonly directory: string
  readonly hosts: readonly SshHost[]
}

/** Real sshds with their real configuration file. Ask `needs('root', 'mount', 'sshd', 'sudo')` first. */
export async function startSshHosts(count: number): Promise<SshHosts> {
  const scratch = await tempDir()
  await chmod(scratch.path, 0o755)
  const keyFile = join(scratch.path, 'id_ed25519')
  await writeFile(join(scratch.path, 'authorized_keys'), `${await makeKey(keyFile, 'ed25519')}\n`, { mode: 0o644 })
  const port = await freePort()
  const hostKey = await makeKey(join(scratch.path, 'host_key'), 'ed25519')
  const addresses = Array.from({ length: count }, (_, index) => `127.0.8.${index + 1}`)
  const sandboxes = await Promise.all(addresses.map(address => start(scratch, { address, port })))
  const clients = addresses.map(address => ({ address, port, hostKeys: [hostKey] }))
  const files = await writeClientFiles({ directory: scratch.path, hosts: clients, user: 'root', keyFile })
  return {
    ...files,
    directory: scratch.path,
    hosts: sandboxes.map(({ sh }, index) => {
      const address = addresses[index] ?? ''
      const at = join(scratch.path, address)
      return {
        address,
        sh,
        read: path => readFile(join(at, 'etc', path), 'utf8').catch(() => undefined),
        log: () => readFile(join(at, 'sshd.log'), 'utf8'),
      }
    }),
    async [Symbol.asyncDispose]() {
      for (const sandbox of sandboxes) await sandbox[Symbol.asyncDispose]()
      await scratch[Symbol.asyncDispose]()
    },
  }
}

async function start(scratch: TempDir, { address, port }: { address: string; port: number }): Promise<Sandbox> {
  const directory = join(scratch.path, address)
  const setUp = `
rm -f /etc/ssh/sshd_config.d/* /etc/sudoers.d/* /etc/ssh/ssh_host_*
cp ${scratch.path}/host_key /etc/ssh/ssh_host_ed25519_key
grep -q ^deploy: /etc/passwd || echo deploy:x:7321:7321::/:/bin/sh >>/etc/passwd
grep -q ^deploy: /etc/shadow || echo 'deploy:*:19700::::::' >>/etc/shadow
printf 'Defaults env_reset\\ndeploy ALL=(ALL:ALL) NOPASSWD: ALL\\n@includedir /etc/sudoers.d\\n' >/etc/sudoers
cat >/etc/ssh/sshd_config <<END
Include /etc/ssh/sshd_config.d/*.conf
ListenAddress ${address}:${port}
AuthorizedKeysFile ${scratch.path}/authorized_keys
StrictModes no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
X11Forwarding yes
MaxAuthTries 6
MaxStartups 100
UseDNS no
END
mkdir -m 755 /run/sshd
/usr/sbin/sshd -E ${directory}/sshd.log`
  await mkdir(directory)
  return startSandbox({ directory, setUp, sharesNetwork: true })
}
