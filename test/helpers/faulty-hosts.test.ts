import { afterAll, beforeAll, expect, test } from 'bun:test'
import { execFile } from 'node:child_process'
import { type FaultyFleet, type FaultyHost, faultyKinds, startFaultyFleet } from './faulty-hosts.ts'
import { needs } from './needs.ts'

const ready = needs('sshd', 'ssh')
let fleet: FaultyFleet
let ends: ReadonlyMap<FaultyHost['kind'], End>

beforeAll(async () => {
  if (!ready) return
  fleet = await startFaultyFleet({ healthy: 1, each: 1, kinds: faultyKinds })
  const all = fleet.hosts.map(async ({ kind, address }) => [kind, await ssh(fleet.sshConfigFile, address)] as const)
  ends = new Map(await Promise.all(all))
}, 30_000)
afterAll(() => fleet?.stop())

interface Expected {
  readonly code: number | 'killed' | 'too much'
  readonly stdout?: string | RegExp
  readonly stderr?: RegExp
}

/** What the real client makes of each kind within 3 s; hosts that hang leave it to be killed. */
const expected: Readonly<Record<FaultyHost['kind'], Expected>> = {
  healthy: { code: 3, stdout: 'hello\n' },
  'never-closes': { code: 'killed', stdout: 'hello\n' },
  'never-exits': { code: 'killed', stdout: 'hello\n' },
  'prints-1-gib': { code: 'too much', stdout: /^\0{1000}/ },
  'prints-binary': { code: 0, stdout: '\0\xff\xfe\x80 caf\xe9 \r\x1b[31m\n\xc3' },
  drips: { code: 'killed', stdout: /^\.+$/ },
  'dies-by-signal': { code: 255, stdout: 'about to die\n' },
  'drops-connection': { code: 255, stdout: 'half of the\n', stderr: /closed by remote host/ },
  'refuses-auth': { code: 255, stderr: /Permission denied/ },
  'wrong-host-key': { code: 255, stderr: /Host key verification failed/ },
  'never-answers': { code: 255, stderr: /Connection timed out/ },
  'hangs-before-banner': { code: 255, stderr: /timed out/ },
  'hangs-after-banner': { code: 'killed' },
  'drops-in-kex': { code: 255, stderr: /kex_exchange_identification|Connection (closed|reset)/ },
  'hangs-after-auth': { code: 'killed' },
  'no-exit-status': { code: 255, stdout: 'half of the\n', stderr: /^$/ },
  resets: { code: 255, stdout: 'half of the\n', stderr: /reset by peer|Broken pipe/ },
  'refuses-connection': { code: 255, stderr: /Connection refused/ },
}

for (const [kind, want] of Object.entries(expected) as [FaultyHost['kind'], Expected][]) {
  test.skipIf(!ready)(`a real ssh client finds the host that is ${kind}`, () => {
    const end = ends.get(kind)
    expect(end?.code).toBe(want.code)
    if (want.stdout instanceof RegExp) expect(end?.stdout).toMatch(want.stdout)
    else expect(end?.stdout).toBe(want.stdout ?? '')
    if (want.stderr) expect(end?.stderr).toMatch(want.stderr)
  })
}

interface End {
  readonly code: unknown
  readonly stdout: string
  readonly stderr: string
}

/** Ends the client after 3 s or 1 MiB. */
function ssh(config: string, address: string): Promise<End> {
  const argv = ['-F', config, '-o', 'ConnectTimeout=2', address, 'echo hello; exit 3']
  return new Promise(resolve => {
    execFile('ssh', argv, { timeout: 3000, maxBuffer: 1024 ** 2, encoding: 'latin1' }, (error, stdout, stderr) => {
      const tooMuch = error?.message.includes('maxBuffer')
      resolve({ code: tooMuch ? 'too much' : error?.killed ? 'killed' : (error?.code ?? 0), stdout, stderr })
    })
  })
}
