import { describe, expect, test } from 'bun:test'
import { startProcess as startNative } from '../../scripts/release/native/local-process.ts'
import { errnoOf } from '../../src/lib/core/errno.ts'
import { type LocalProcess, type LocalProgram, startProcess } from '../../src/lib/transport/local-process.ts'

const PATH = process.env['PATH'] ?? ''

interface Told {
  stdout: string
  stderr: string
  ended: number
  exit?: readonly [code: number | null, signal?: string | undefined]
  notStarted?: unknown
}

/** Runs a program to its end, or to the end of its output, and keeps what it tells; `onOutput` may hold a piece back. */
async function run(
  start: typeof startProcess,
  program: Partial<LocalProgram>,
  onOutput?: (child: LocalProcess, stream: 'stdout' | 'stderr') => Promise<void> | undefined,
) {
  const told: Told = { stdout: '', stderr: '', ended: 0 }
  const over = Promise.withResolvers<void>()
  const settle = (): void => {
    if (told.ended === 2 && told.exit) over.resolve()
  }
  const child = start(
    { argv: ['true'], env: { PATH }, hasInput: false, ...program },
    {
      output(stream, bytes) {
        told[stream] += Buffer.from(bytes).toString('latin1')
        return onOutput?.(child, stream)
      },
      outputEnded() {
        told.ended++
        settle()
      },
      drained() {},
      exited(code, signal) {
        told.exit = signal === undefined ? [code] : [code, signal]
        settle()
      },
      notStarted(error) {
        told.notStarted = errnoOf(error)
        over.resolve()
      },
    },
  )
  await over.promise
  return told
}

const sh = (line: string): Partial<LocalProgram> => ({ argv: ['sh', '-c', line] })

describe.each([
  ['of the source', startProcess],
  ['of the compiled program', startNative],
])('a local process %s', (_, start) => {
  test('tells what it printed and how it ended', async () => {
    expect(await run(start, sh('echo out; echo err >&2; exit 3'))).toMatchObject({ stdout: 'out\n', stderr: 'err\n', exit: [3] })
    expect((await run(start, sh('kill -TERM $$'))).exit).toEqual([null, 'TERM'])
  })

  test('leads a session of its own', async () => {
    const { stdout } = await run(start, sh('ps -o sid= -p $$; echo $$'))
    const [session, pid] = stdout.split('\n')
    expect(session?.trim()).toBe(pid)
  })

  test('has the environment and the directory that it is given, and nothing of what is undefined', async () => {
    const program = { ...sh('env | grep -v -e ^_= -e ^PATH= -e ^SHLVL='), env: { PATH, A: 'x', B: undefined }, cwd: '/usr' }
    expect((await run(start, program)).stdout).toBe('A=x\nPWD=/usr\n')
  })

  test.each([
    ['is not there', ['no-such-program'], 'ENOENT'],
    ['is not there, by its path', ['/no/such/program'], 'ENOENT'],
    ['may not be run', ['/etc/passwd'], 'EACCES'],
    ['is a directory', ['/etc'], 'EACCES'],
  ])('that %s is not started, and nothing else is told', async (_name, argv, code) => {
    expect(await run(start, { argv })).toEqual({ stdout: '', stderr: '', ended: expect.any(Number), notStarted: code })
  })

  test.each([
    ['too long', ['true', 'x'.repeat(3_000_000)]],
    ['with a NUL', ['true', 'a\0b']],
  ])('with an argument %s is none', async (_name, argv) => {
    expect((await run(start, { argv }).catch(error => ({ notStarted: errnoOf(error) }))).notStarted).toBeString()
  })

  test('waits while its output is held back', async () => {
    const program = sh('for i in $(seq 200); do head -c 65536 /dev/zero; done; echo done >&2')
    let held = 0
    const pauses = 40
    const { stdout, stderr } = await run(start, program, () => {
      held++
      return held <= pauses ? Bun.sleep(1) : undefined
    })
    expect({ bytes: stdout.length, stderr }).toEqual({ bytes: 200 * 65536, stderr: 'done\n' })
  })

  test('that is held back is not read into memory', async () => {
    const told = Promise.withResolvers<void>()
    const line = 'timeout 0.5 head -c 300000000 /dev/zero; echo $? >&2'
    const { stderr } = await run(start, sh(line), (_child, stream) => {
      if (stream === 'stdout') return told.promise
      told.resolve()
      return undefined
    })
    // Ended by `timeout`: it could not get rid of all of it.
    expect(stderr).toBe('124\n')
  })

  test('loses its reader when it is let go of', async () => {
    const { exit } = await run(start, { argv: ['yes'] }, child => void child.close())
    // By the signal, or by ECONNRESET where something was on its way: the runtime's pipes are sockets.
    expect(['null,PIPE', '1']).toContain(String(exit?.map(String)))
  })
})

// The streams of node:child_process tell status 0 of such an end.
test('a process of the compiled program that a signal without a name ended did not end well', async () => {
  expect((await run(startNative, sh('kill -40 $$'))).exit).toEqual([null, '40'])
})
