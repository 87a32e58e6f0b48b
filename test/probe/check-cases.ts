import { createHash } from 'node:crypto'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Json } from '../../src/lib/core/json.ts'

/** What there is to be checked. */
export interface CheckWorld {
  readonly directory: string
  /** On 127.0.0.1 somebody listens there. */
  readonly port: number
  /** Of a process with the name `worker`, which runs once. */
  readonly pid: number
  readonly worker: string
}

export interface CheckCase {
  readonly type: string
  readonly name: string
  readonly prepare?: (world: CheckWorld) => void
  readonly config: (world: CheckWorld) => Json
  readonly verdict: 'pass' | 'fail' | 'unknown'
  readonly message: RegExp
  /** Hosts of which something else holds. */
  readonly not?: RegExp
}

const motd = 'welcome to web1\n'
const file = ({ directory }: CheckWorld): string => join(directory, 'motd')
const withFile = (world: CheckWorld): void => {
  writeFileSync(file(world), motd)
  chmodSync(file(world), 0o640)
}
const withPid = (content: (world: CheckWorld) => string) => (world: CheckWorld) =>
  writeFileSync(join(world.directory, 'worker.pid'), content(world))
const pidfile = ({ directory }: CheckWorld): string => join(directory, 'worker.pid')

export const checkCases: readonly CheckCase[] = [
  {
    type: 'file',
    name: 'is as told in everything',
    prepare: withFile,
    config: world => ({
      path: file(world),
      sha256: createHash('sha256').update(motd).digest('hex'),
      mode: '0640',
      owner: `${process.getuid?.()}`,
      contains: 'web1',
    }),
    verdict: 'pass',
    message: /motd is as expected/,
  },
  {
    type: 'file',
    name: 'has another hash',
    prepare: withFile,
    config: world => ({ path: file(world), sha256: '0'.repeat(64) }),
    verdict: 'fail',
    message: /has the SHA-256 [0-9a-f]{64}$/,
  },
  {
    type: 'file',
    name: 'has another mode',
    prepare: withFile,
    config: world => ({ path: file(world), mode: '644' }),
    verdict: 'fail',
    message: /has the mode 0640/,
  },
  {
    type: 'file',
    name: 'belongs to another',
    prepare: withFile,
    config: world => ({ path: file(world), owner: 'nobody-else' }),
    verdict: 'fail',
    message: /belongs to \w+:\w+/,
  },
  {
    type: 'file',
    name: 'lacks a text',
    prepare: withFile,
    config: world => ({ path: file(world), contains: 'web2' }),
    verdict: 'fail',
    message: /does not contain 'web2'/,
  },
  {
    type: 'file',
    name: 'is missing',
    config: () => ({ path: '/no/such/file' }),
    verdict: 'fail',
    message: /^\/no\/such\/file does not exist$/,
  },
  {
    type: 'file',
    name: 'is rightly missing',
    config: () => ({ path: '/no/such/file', exists: false }),
    verdict: 'pass',
    message: /does not exist/,
  },
  {
    type: 'file',
    name: 'is there and must not be',
    config: () => ({ path: '/', exists: false }),
    verdict: 'fail',
    message: /^\/ exists$/,
  },
  {
    type: 'file',
    name: 'is a directory, which has no hash',
    config: () => ({ path: '/etc', sha256: '0'.repeat(64) }),
    verdict: 'unknown',
    message: /could not read \/etc: .*directory/i,
  },
  {
    type: 'command',
    name: 'ends as told',
    config: () => ({ run: 'echo "shop 2.1"; exit 3', exit: 3, stdout: { contains: 'shop', matches: '^shop \\d' } }),
    verdict: 'pass',
    message: /ended with status 3/,
  },
  {
    type: 'command',
    name: 'gets its words unchanged',
    config: () => ({ run: ['sh', '-c', 'echo "$0"', "it's $HOME;"], stdout: { contains: "it's $HOME;\n" } }),
    verdict: 'pass',
    message: /ended with status 0/,
  },
  {
    type: 'command',
    name: 'ends otherwise, with its last words',
    config: () => ({ run: 'echo broken >&2; exit 4' }),
    verdict: 'fail',
    message: /ended with status 4: broken/,
  },
  {
    type: 'command',
    name: 'prints something else',
    config: () => ({ run: 'echo no', stdout: { contains: 'yes' } }),
    verdict: 'fail',
    message: /did not print 'yes'/,
  },
  {
    type: 'command',
    name: 'prints nothing that matches',
    config: () => ({ run: 'echo no', stdout: { matches: '^o' } }),
    verdict: 'fail',
    message: /nothing that matches/,
  },
  {
    type: 'command',
    name: 'does not exist',
    config: () => ({ run: 'no-such-program --version' }),
    verdict: 'unknown',
    message: /could not run no-such-program --version: .*not found/,
  },
  {
    type: 'command',
    name: 'takes too long',
    config: () => ({ run: 'sleep 60', timeout: '200ms' }),
    verdict: 'unknown',
    message: /could not run sleep 60/,
  },
  {
    type: 'nagios',
    name: 'says that all is well',
    config: () => ({ run: 'echo "OK - fine | users=3"' }),
    verdict: 'pass',
    message: /^OK - fine$/,
  },
  {
    type: 'nagios',
    name: 'says that it is bad',
    config: () => ({ run: 'echo "CRITICAL - bad"; exit 2' }),
    verdict: 'fail',
    message: /^CRITICAL - bad$/,
  },
  {
    type: 'nagios',
    name: 'does not exist',
    config: () => ({ run: 'no-such-plugin' }),
    verdict: 'unknown',
    message: /none of 0 to 3: .*not found/,
  },
  {
    type: 'program',
    name: 'judges well',
    config: () => ({ run: `echo '{"verdict":"pass","message":"fine"}'` }),
    verdict: 'pass',
    message: /^fine$/,
  },
  {
    type: 'program',
    name: 'judges badly',
    config: () => ({ run: `echo '{"verdict":"fail","message":"812 jobs wait"}'` }),
    verdict: 'fail',
    message: /^812 jobs wait$/,
  },
  {
    type: 'program',
    name: 'prints something else',
    config: () => ({ run: 'echo fine' }),
    verdict: 'unknown',
    message: /line 1 of the program is not JSON: fine/,
  },
  {
    type: 'process',
    name: 'runs, by its name',
    config: ({ worker }) => ({ name: worker, count: 1 }),
    verdict: 'pass',
    message: /is running once/,
  },
  {
    type: 'process',
    name: 'runs, by its command line',
    config: ({ worker }) => ({ pattern: `${worker} 8640[1]$`, count: 1 }),
    verdict: 'pass',
    message: /is running once/,
  },
  {
    type: 'process',
    name: 'runs more often than told',
    config: ({ worker }) => ({ pattern: `${worker} 8640[1]$`, count: 0 }),
    verdict: 'fail',
    message: /is running once, not 0/,
  },
  {
    type: 'process',
    name: 'does not run',
    config: () => ({ name: 'shop-worker-of-the-day' }),
    verdict: 'fail',
    message: /^shop-worker-of-the-day is not running$/,
  },
  {
    type: 'process',
    name: 'is not the look itself',
    config: () => ({ pattern: 'opsctl.*cmdline' }),
    verdict: 'fail',
    message: /is not running/,
  },
  {
    type: 'process',
    name: 'runs, by its pidfile',
    prepare: withPid(({ pid }) => `${pid}\n`),
    config: world => ({ pidfile: pidfile(world) }),
    verdict: 'pass',
    message: /the process of .*worker.pid is running/,
  },
  {
    type: 'process',
    name: 'has ended, by its pidfile',
    prepare: withPid(() => '4194305'),
    config: world => ({ pidfile: pidfile(world) }),
    verdict: 'fail',
    message: /is not running/,
  },
  {
    type: 'process',
    name: 'has no pidfile',
    config: () => ({ pidfile: '/run/no-such.pid' }),
    verdict: 'fail',
    message: /is not running/,
  },
  {
    type: 'process',
    name: 'has a pidfile without a number',
    prepare: withPid(() => 'shop\n'),
    config: world => ({ pidfile: pidfile(world) }),
    verdict: 'unknown',
    message: /there is no number in it/,
  },
  {
    type: 'port',
    name: 'is listened on and answers',
    config: ({ port }) => ({ port }),
    verdict: 'pass',
    message: /^port \d+ answers$/,
    not: /neither/,
  },
  {
    type: 'port',
    name: 'is listened on, as far as can be seen',
    config: ({ port }) => ({ port }),
    verdict: 'pass',
    message: /^something listens on port \d+$/,
    not: /GNU|busybox/,
  },
  {
    type: 'port',
    name: 'is not listened on',
    config: () => ({ port: 1 }),
    verdict: 'fail',
    message: /^nothing listens on port 1$/,
  },
  {
    type: 'port',
    name: 'answers at an address',
    config: ({ port }) => ({ port, address: '127.0.0.1' }),
    verdict: 'pass',
    message: /^port \d+ of 127.0.0.1 answers$/,
    not: /neither/,
  },
  {
    type: 'port',
    name: 'is refused at an address',
    config: ({ port }) => ({ port, address: '127.0.0.9' }),
    verdict: 'fail',
    message: /does not answer: connection refused/,
    not: /neither/,
  },
  {
    type: 'port',
    name: 'can not be tried',
    config: ({ port }) => ({ port, address: '127.0.0.1' }),
    verdict: 'unknown',
    message: /neither bash nor nc/,
    not: /GNU|busybox/,
  },
  {
    type: 'port',
    name: 'answers from here',
    config: ({ port }) => ({ port, from: 'here' }),
    verdict: 'pass',
    message: /answers/,
  },
  {
    type: 'port',
    name: 'is refused from here',
    config: () => ({ port: 1, from: 'here' }),
    verdict: 'fail',
    message: /does not answer/,
  },
  {
    type: 'port',
    name: 'is of a name that is none',
    config: () => ({ port: 80, address: 'no-such.invalid', from: 'here' }),
    verdict: 'unknown',
    message: /could not be resolved/,
  },
  {
    type: 'login',
    name: 'runs a command, and tells how long it took',
    config: () => ({ threshold: '30s', warn: '29s' }),
    verdict: 'pass',
    message: /^a command runs as \S+, within [\d.]+ ms$/,
  },
  {
    type: 'login',
    name: 'is another user',
    config: () => ({ user: 'nobody-else' }),
    verdict: 'fail',
    message: /^a command runs as \S+, not as nobody-else$/,
  },
]
