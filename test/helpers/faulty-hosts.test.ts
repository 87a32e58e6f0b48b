import { afterAll, beforeAll, expect, test } from 'bun:test'
import { spawn } from 'node:child_process'
import { type FaultyFleet, type FaultyHost, faultyKinds, startFaultyFleet } from './faulty-hosts.ts'
import { needs } from './needs.ts'

const ready = needs('sshd', 'ssh')
let fleet: FaultyFleet
let ends: ReadonlyMap<FaultyHost['kind'], End>

beforeAll(async () => {
  if (!ready) return
  fleet = await startFaultyFleet({ healthy: 1, each: 1, kinds: faultyKinds })
  const all = fleet.hosts.map(
    async ({ kind, address }) => [kind, await ssh(fleet.sshConfigFile, address, expected[kind])] as const,
  )
  ends = new Map(await Promise.all(all))
}, 90_000)
afterAll(() => fleet?.stop())

interface Expected {
  readonly code: number | 'killed' | 'too much'
  readonly stdout?: string | RegExp
  readonly stderr?: RegExp
  readonly connectTimeoutS?: number
}

/** What the real client makes of each kind; on hosts that hang it is killed a second after the output that is expected. */
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
  'never-answers': { code: 255, connectTimeoutS: 1, stderr: /Connection timed out/ },
  'hangs-before-banner': { code: 255, connectTimeoutS: 1, stderr: /timed out/ },
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

/** A busy machine may be slow, so nothing but a hanging host is ended early. */
function ssh(config: string, address: string, want: Expected): Promise<End> {
  const timeout = `ConnectTimeout=${want.connectTimeoutS ?? 60}`
  const argv = ['-F', config, '-o', timeout, '-o', 'KexAlgorithms=curve25519-sha256', address, 'echo hello; exit 3']
  const child = spawn('ssh', argv, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 })
  const end = { stdout: '', stderr: '' }
  let ended: 'killed' | 'too much' | undefined
  const kill = (why: typeof ended): void => {
    ended ??= why
    child.kill()
  }
  const killSoon = (): void => void setTimeout(kill, 1000, 'killed')
  child.stdout.setEncoding('latin1').on('data', chunk => {
    end.stdout += chunk
    if (want.code === 'killed' && chunk.length === end.stdout.length) killSoon()
    if (end.stdout.length > 1024 ** 2) kill('too much')
  })
  child.stderr.setEncoding('utf8').on('data', chunk => {
    end.stderr += chunk
  })
  if (want.code === 'killed' && want.stdout === undefined) killSoon()
  return new Promise(resolve => child.once('close', code => resolve({ ...end, code: ended ?? code })))
}
