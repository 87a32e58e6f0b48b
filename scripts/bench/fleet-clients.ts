import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findProgram } from '../../test/helpers/needs.ts'

/** What runs on every host. Both words are built into the shell: the host itself does next to nothing. */
const command = 'echo answered:$SSH_CONNECTION'

/** A fleet as a client is told of it. */
export interface Targets {
  readonly addresses: readonly string[]
  readonly sshConfigFile: string
  readonly concurrency: number
  /** For the client's own files. */
  readonly directory: string
}

export interface Client {
  readonly name: string
  /** undefined when it is not there. */
  readonly program: string | undefined
  readonly version: readonly string[]
  readonly run: (targets: Targets) => { readonly argv: readonly string[]; readonly env?: Readonly<Record<string, string>> }
}

const built = new URL('../../dist/opsctl', import.meta.url).pathname
const launcher = new URL('../../bin/opsctl', import.meta.url).pathname

/** The compiled program where it was built. */
export const opsctlProgram = (): string => (existsSync(built) ? built : launcher)

export const clients: readonly Client[] = [
  {
    name: 'opsctl',
    program: opsctlProgram(),
    version: [opsctlProgram(), '--version'],
    run: ({ addresses, sshConfigFile, concurrency }) => ({
      argv: [
        ...[opsctlProgram(), 'exec', '--targets', addresses.join(','), '--ssh-config', sshConfigFile],
        ...['--concurrency', String(concurrency), '--', command],
      ],
    }),
  },
  {
    name: 'pdsh',
    program: findProgram('pdsh'),
    version: ['pdsh', '-V'],
    run: ({ addresses, sshConfigFile, concurrency }) => ({
      argv: ['pdsh', '-R', 'ssh', '-f', String(concurrency), '-w', addresses.join(','), command],
      env: { PDSH_SSH_ARGS: `-F ${sshConfigFile} -2 -a -x %h` },
    }),
  },
  {
    name: 'pssh',
    program: findProgram('parallel-ssh'),
    version: ['parallel-ssh', '--version'],
    run: ({ addresses, sshConfigFile, concurrency, directory }) => {
      const list = join(directory, 'pssh-hosts')
      writeFileSync(list, addresses.map(address => `${address}\n`).join(''))
      return {
        argv: ['parallel-ssh', '-h', list, '-p', String(concurrency), '-t', '0', '-i', '-x', `-F ${sshConfigFile}`, command],
      }
    },
  },
  {
    name: 'clush',
    program: findProgram('clush'),
    version: ['clush', '--version'],
    run: ({ addresses, sshConfigFile, concurrency }) => ({
      argv: ['clush', '-n', '-f', String(concurrency), '-w', addresses.join(','), '-o', `-F ${sshConfigFile}`, command],
    }),
  },
  {
    name: 'ansible',
    program: findProgram('ansible'),
    version: ['ansible', '--version'],
    run: ({ addresses, sshConfigFile, concurrency, directory }) => {
      const inventory = join(directory, 'ansible-hosts')
      writeFileSync(inventory, addresses.map(address => `${address}\n`).join(''))
      mkdirSync(join(directory, 'ansible'), { recursive: true })
      writeFileSync(join(directory, 'ansible.cfg'), '')
      return {
        argv: ['ansible', 'all', '-i', inventory, '-f', String(concurrency), '-o', '-m', 'raw', '-a', command],
        env: {
          ANSIBLE_CONFIG: join(directory, 'ansible.cfg'),
          ANSIBLE_PIPELINING: 'true',
          // Without ControlPersist, whose masters would stay behind and be paid for later.
          ANSIBLE_SSH_ARGS: `-F ${sshConfigFile} -o ControlMaster=no`,
          ANSIBLE_LOCAL_TEMP: join(directory, 'ansible'),
        },
      }
    },
  },
]

/** Addresses from which the command's output has come. */
export function answered(stdout: string): ReadonlySet<string> {
  return new Set([...stdout.matchAll(/answered:\S+ \d+ (\S+) \d+/g)].map(([, address = '']) => address))
}
