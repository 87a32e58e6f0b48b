import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { hostNamed } from '../../src/lib/core/host.ts'
import type { Output, RunOptions, Transport } from '../../src/lib/core/transport.ts'
import { newSudoMarks, SudoGate, type SudoStep, sudoArgv } from '../../src/lib/transport/sudo.ts'
import { type Fleet, startFleet } from '../helpers/fleet.ts'
import { needs } from '../helpers/needs.ts'
import { poll } from '../helpers/poll.ts'
import { fleetPool } from './fleet-pool.ts'

const marks = { prompt: 'PROMPT-7f3a', start: 'START-7f3a' }
const password = 'correct horse'
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString()

describe('the argv of sudo', () => {
  const sudo = { user: 'postgres' }

  test('runs the program itself when no password is given, so that rules for one program hold', () => {
    expect(sudoArgv({ command: { argv: ['psql', '-l'] }, sudo, marks })).toEqual([
      'sudo',
      '-n',
      '-p',
      marks.prompt,
      '-u',
      'postgres',
      '--',
      'psql',
      '-l',
    ])
    const env = { PGPORT: '5433' }
    expect(sudoArgv({ command: { argv: ['psql'] }, env, sudo, marks }).slice(7)).toEqual(['env', 'PGPORT=5433', 'psql'])
  })

  test('announces the start of the program when a password is given, which it does not hold', () => {
    const argv = sudoArgv({ command: { shell: 'psql -l' }, sudo: { ...sudo, password }, marks })
    expect(argv.slice(0, 7)).toEqual(['sudo', '-S', '-p', marks.prompt, '-u', 'postgres', '--'])
    expect(argv.join(' ')).toContain(`printf %s ${marks.start} >&2`)
    expect(argv.join(' ')).not.toContain(password)
  })

  test('has new marks for each call', () => {
    expect(newSudoMarks()).not.toEqual(newSudoMarks())
  })
})

describe('the gate', () => {
  /** stderr in pieces: what comes through, and what was to be done after which piece. */
  function read(gate: SudoGate, pieces: readonly Uint8Array[]) {
    const steps: SudoStep[] = pieces.map(piece => gate.feed(piece))
    const passed = Buffer.concat([...steps.flatMap(step => step.pass), gate.flush()])
    const count = (what: 'sendPassword' | 'started'): number => steps.filter(step => step[what]).length
    return { passed: passed.toString(), passwords: count('sendPassword'), starts: count('started') }
  }

  test('finds the marks wherever the stream is cut, takes them out and keeps everything else', () => {
    const stream = Buffer.from(`lecture\n${marks.prompt}PROMPT-${marks.start}warning: START-7 ${marks.start} stays\n`)
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 12 }), cuts => {
        const at = [0, ...cuts.sort((a, b) => a - b), stream.length]
        const pieces = at.slice(1).map((end, index) => stream.subarray(at[index], end))
        const gate = new SudoGate(marks, { user: 'root', password })
        expect(read(gate, pieces)).toEqual({
          passed: `lecture\nPROMPT-warning: START-7 ${marks.start} stays\n`,
          passwords: 1,
          starts: 1,
        })
        expect(gate.refusal({ code: 1, printed: false })).toBeUndefined()
      }),
    )
  })

  test('sends no password to a sudo that does not ask, and knows that the program runs', () => {
    const gate = new SudoGate(marks, { user: 'root', password })
    expect(read(gate, [Buffer.from(marks.start)])).toEqual({ passed: '', passwords: 0, starts: 1 })
  })

  test('sends the password once, and takes a second prompt for a refusal', () => {
    const gate = new SudoGate(marks, { user: 'root', password })
    expect(read(gate, [Buffer.from(marks.prompt), Buffer.from(`Sorry, try again.\n${marks.prompt}`)]).passwords).toBe(1)
    expect(gate.refusal({ code: 1, printed: false })).toBe('sudo did not take the password')
  })

  test("tells sudo's own words when it refuses", () => {
    const gate = new SudoGate(marks, { user: 'root', password })
    read(gate, [Buffer.from(marks.prompt), Buffer.from('\ndeploy is not in the sudoers file.\n')])
    expect(gate.refusal({ code: 1, printed: false })).toBe('deploy is not in the sudoers file.')
  })

  test.each([
    ['sudo: a password is required\n', 1, false, 'sudo: a password is required'],
    ['Sorry, user deploy may not run sudo on web1.\n', 1, false, 'Sorry, user deploy may not run sudo on web1.'],
    ['sudo: psqll: command not found\n', 1, false, undefined],
    ['sudo: a password is required\n', 1, true, undefined],
    ['sudo: a password is required\n', 0, false, undefined],
    ['', 1, false, undefined],
    ['sudo: unknown user nobdy\nsudo: error initializing audit plugin sudoers_audit\n', 1, false, 'sudo: unknown user nobdy'],
    [
      'sudo: unable to resolve host web1: Name or service not known\nsudo: a password is required\n',
      1,
      false,
      'sudo: a password is required',
    ],
  ] as const)('without a password takes %p with status %p for a refusal or not', (stderr, code, printed, refusal) => {
    const gate = new SudoGate(marks, { user: 'root' })
    expect(read(gate, [Buffer.from(stderr)]).passed).toBe(stderr)
    expect(gate.refusal({ code, printed })).toBe(refusal)
  })
})

describe.skipIf(!needs('sshd', 'ssh-keygen', 'sudo', 'root'))('the real sudo of a host', () => {
  let fleet: Fleet
  const transports = new Map<string, Transport>()
  const signal = new AbortController().signal
  beforeAll(async () => {
    fleet = await startFleet({ users: [{ password, sudo: 'password' }, { sudo: 'nopasswd' }, { password }] })
    const names = ['careful', 'free', 'stranger']
    const targets = Object.fromEntries(names.map((name, index) => [name, { user: fleet.users[index]?.name ?? '' }]))
    const pool = fleetPool(fleet, { targets })
    for (const name of names) transports.set(name, await pool.connect(hostNamed(name, { address: '127.0.1.1' }), { signal }))
  })
  afterAll(async () => {
    for (const transport of transports.values()) await transport[Symbol.asyncDispose]()
    await fleet.stop()
  })

  const become = (name: string, line: string, options: Partial<RunOptions> = {}): Promise<Output> => {
    const transport = transports.get(name)
    if (!transport) throw new Error(`no ${name}`)
    return transport.run({ shell: line }, { signal, sudo: { user: 'root', password }, timeoutMs: 20_000, ...options })
  }

  test('takes the password, and its prompt does not show', async () => {
    const output = await become('careful', 'id -un; echo to stderr >&2; exit 3')
    expect(output).toMatchObject({ code: 3 })
    expect([text(output.stdout), text(output.stderr)]).toEqual(['root\n', 'to stderr\n'])
  })

  test('gives the command its own stdin after the password, whole', async () => {
    const stdin = Buffer.alloc(3_000_000, 'data')
    expect(text((await become('careful', 'wc -c', { stdin })).stdout).trim()).toBe('3000000')
    expect(text((await become('careful', 'cat; echo end')).stdout)).toBe('end\n')
  })

  test('that asks for nothing gets no password: it does not end up in the stdin of the command', async () => {
    expect(text((await become('free', 'cat', { stdin: Buffer.from('mine') })).stdout)).toBe('mine')
    expect(text((await become('free', 'cat')).stdout)).toBe('')
  })

  test('keeps variables and any argument', async () => {
    const output = await become('free', 'printf %s "$GREETING"; printf "<%s>" "$@"', {
      env: { GREETING: "it's" },
      sudo: { user: 'root' },
    })
    expect(text(output.stdout)).toBe("it's<>")
  })

  test('that does not take the password ends as such, not as a status', async () => {
    const output = await become('careful', 'id', { sudo: { user: 'root', password: 'wrong' } })
    expect(output).toMatchObject({ ended: 'sudo', message: 'sudo did not take the password' })
    expect(text(output.stderr)).not.toContain('opsctl-prompt')
  })

  test('that wants a password when there is none is told in its own words', async () => {
    const output = await become('careful', 'id', { sudo: { user: 'root' } })
    expect(output).toMatchObject({ ended: 'sudo', message: expect.stringContaining('password is required') })
  })

  test('that does not know the user is told in its own words', async () => {
    const output = await become('stranger', 'id')
    expect(output).toMatchObject({ ended: 'sudo', message: expect.stringContaining('not in the sudoers file') })
  })

  test.each(['careful', 'free'])(
    'of %s is ended with everything under it when it takes too long, which its user may not do',
    async name => {
      const mark = `77${Math.floor(Math.random() * 1e7)}`
      const sudo = name === 'free' ? { user: 'root' } : { user: 'root', password }
      const output = await become(name, `sleep ${mark} & sleep ${mark}`, { timeoutMs: 500, sudo })
      expect(output).toMatchObject({ code: null, ended: 'timeout' })
      const running = (): string => Bun.spawnSync(['pgrep', '-f', `sleep ${mark}`]).stdout.toString()
      await poll('everything under sudo has ended', 5000, () => running() === '')
    },
  )

  test('becomes another user than root', async () => {
    const output = await become('free', 'id -un', { sudo: { user: fleet.user.name } })
    expect(text(output.stdout)).toBe(`${fleet.user.name}\n`)
  })
})
