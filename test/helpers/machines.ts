import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cableNumber } from './cable-number.ts'
import { writeClientFiles } from './client-files.ts'
import { poll } from './poll.ts'
import { makeKey } from './ssh-key.ts'

const run = promisify(execFile)

/** A host with all that a change may touch of its own: /etc, /run, processes, network with its kernel settings, and a sshd for root. */
export interface Machine {
  readonly address: string
  /** Its file system as this process sees it. Not for /proc/sys: the kernel answers with the settings of whoever asks. */
  at(path: string): string
  /** What a line of sh prints in there; rejects for a non-zero status. */
  sh(line: string): Promise<string>
  /** Ends sshd with every session and what runs in them, as a boot does; the daemons of the test live on. */
  stopSshd(): Promise<void>
  startSshd(): Promise<void>
  /** Loses every packet, both ways; neither side is told. */
  cut(): Promise<void>
  mend(): Promise<void>
}

export interface Machines extends AsyncDisposable {
  readonly all: readonly Machine[]
  /** For `--ssh-config`: user root, key and known_hosts. */
  readonly sshConfigFile: string
}

/** Starts machines; `setUp` is a script for sh, the first thing that runs in each, with its number. Ask `needs('root', 'mount', 'netns', 'sshd')` first. */
export async function startMachines({ count, setUp }: { readonly count: number; readonly setUp: string }): Promise<Machines> {
  const directory = await mkdtemp(join(tmpdir(), 'opsctl-machines-'))
  await chmod(directory, 0o711)
  const cables = makeCables(count)
  const { sshConfigFile } = await writeFiles(directory, cables, setUp)
  const script = new URL('machines.sh', import.meta.url).pathname
  const watchdog = spawn('sh', [script, directory], { stdio: ['pipe', 'ignore', 'ignore'], detached: true, cwd: '/' })
  const gone = once(watchdog, 'exit')
  const stop = async (): Promise<void> => {
    watchdog.stdin.end()
    await gone
  }
  const isReady = (number: number): boolean => existsSync(join(directory, `${number}-ready`))
  try {
    await poll(
      'the machines are ready',
      60_000,
      () => existsSync(join(directory, 'started')) && cables.every((_, index) => isReady(index)),
    )
  } catch (error) {
    const said = await readFile(join(directory, 'log'), 'utf8')
    await stop()
    throw new Error(`the machines did not start: ${said}`, { cause: error })
  }
  const inits = new Map(
    (await readFile(join(directory, 'inits'), 'utf8')).split('\n').map(line => line.split(' ') as [string, string]),
  )
  const all = cables.map((cable, index) => machineOf(cable, inits.get(String(index)) ?? ''))
  return { all, sshConfigFile, [Symbol.asyncDispose]: stop }
}

interface Cable {
  readonly outside: string
  readonly inside: string
  readonly device: string
}

/** Addresses of 198.18.0.0/16, kept for tests (RFC 2544), four for each cable. */
function makeCables(count: number): Cable[] {
  const first = cableNumber(count)
  return Array.from({ length: count }, (_, index) => {
    const block = (first + index) * 4
    const [high, low] = [block >> 8, block & 255]
    return { outside: `198.18.${high}.${low + 1}`, inside: `198.18.${high}.${low + 2}`, device: `opsm${high}-${low + 1}` }
  })
}

async function writeFiles(directory: string, cables: readonly Cable[], setUp: string): Promise<{ sshConfigFile: string }> {
  const keyFile = join(directory, 'id_ed25519')
  await writeFile(join(directory, 'authorized_keys'), `${await makeKey(keyFile, 'ed25519')}\n`)
  const hostKey = await makeKey(join(directory, 'host_ed25519'), 'ed25519')
  const sshd = `Port 2222
ListenAddress 0.0.0.0
HostKey ${directory}/host_ed25519
PidFile /run/sshd.pid
AuthorizedKeysFile ${directory}/authorized_keys
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
UseDNS no
StrictModes no
PrintMotd no
PrintLastLog no
`
  await writeFile(join(directory, 'sshd_config'), sshd)
  await writeFile(join(directory, 'setup'), setUp)
  await writeFile(
    join(directory, 'machines'),
    cables.map(({ outside, inside }, index) => `${index} ${outside} ${inside}\n`).join(''),
  )
  const hosts = cables.map(({ inside }) => ({ address: inside, port: 2222, hostKeys: [hostKey] }))
  return writeClientFiles({ directory, hosts, user: 'root', keyFile })
}

function machineOf({ outside, inside, device }: Cable, init: string): Machine {
  const enter = ['-t', init, '--mount', '--net', '--pid', '--uts', '--']
  const sh = async (line: string): Promise<string> => (await run('nsenter', [...enter, 'sh', '-c', line])).stdout
  const ip = (line: string) => run('ip', line.split(' '))
  // A wrong neighbour entry loses every packet without any sign of it, unlike a link that is down.
  const blind = (to: string, at: string) => `neighbour replace ${to} lladdr 02:00:00:00:00:01 nud permanent dev ${at}`
  return {
    address: inside,
    at: path => `/proc/${init}/root${path}`,
    sh,
    async stopSshd() {
      // Sessions are sessions of the kernel, too: whatever shares one with a child of sshd goes.
      await sh(
        `for s in $(ps -eo sid=,comm= | awk '$2 ~ /^sshd/ { print $1 }' | sort -u); do pkill -KILL -s $s; done; for p in $(pgrep -x sshd); do pkill -KILL -P $p; kill -KILL $p; done; :`,
      )
    },
    async startSshd() {
      await sh(`/usr/sbin/sshd -f /run/sshd_config -E /run/sshd.log`)
    },
    async cut() {
      await ip(blind(inside, device))
      await sh(`ip ${blind(outside, 'cable')}`)
    },
    async mend() {
      await ip(`neighbour delete ${inside} dev ${device}`)
      await sh(`ip neighbour delete ${outside} dev cable`)
    },
  }
}
