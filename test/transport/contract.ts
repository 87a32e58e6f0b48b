import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Chunk, Output, RunOptions, Transport } from '../../src/lib/core/transport.ts'
import { counted } from '../helpers/counts.ts'

export interface Reachable extends AsyncDisposable {
  readonly transport: Transport
  /** A directory there that its user may write. */
  readonly directory: string
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString()
const bytesOf = (...numbers: number[]): Uint8Array => Uint8Array.from(numbers)

/** What every way to a host does alike. */
export function transportContract(name: string, open: () => Promise<Reachable>): void {
  describe(name, () => {
    let reached: Reachable
    beforeAll(async () => {
      reached = await open()
    })
    afterAll(() => reached[Symbol.asyncDispose]())

    const signal = new AbortController().signal
    const argv = (words: readonly string[], options: Partial<RunOptions> = {}): Promise<Output> =>
      reached.transport.run({ argv: words }, { signal, ...options })
    const shell = (line: string, options: Partial<RunOptions> = {}): Promise<Output> =>
      reached.transport.run({ shell: line }, { signal, ...options })

    describe('a command', () => {
      test('gets its arguments byte for byte and is no builtin of the shell', async () => {
        const words = ['a b', "c'd", '', '*', '$HOME', 'e\nf', '-n', '\\', 'ü☃']
        expect(text((await argv(['printf', '<%s>', ...words])).stdout)).toBe(words.map(word => `<${word}>`).join(''))
        expect(text((await argv(['echo', 'a\\nb'])).stdout)).toBe('a\\nb\n')
      })

      test('gets any string as argument unchanged', async () => {
        await fc.assert(
          fc.asyncProperty(fc.array(anyArgument, { minLength: 1, maxLength: 8 }), async words => {
            const { stdout } = await argv(['printf', '%s\\0', ...words])
            expect(text(stdout)).toBe(words.map(word => `${word}\0`).join(''))
          }),
          { numRuns: counted({ reduced: 40, full: 500 }) },
        )
      })

      test('may be a line for the shell', async () => {
        expect(text((await shell('for i in 1 2; do echo $i; done | tac')).stdout)).toBe('2\n1\n')
      })

      test('tells its status, 127 and 126 for a program that can not be run', async () => {
        expect((await shell('exit 3')).code).toBe(3)
        expect((await argv(['no-such-program-here'])).code).toBe(127)
        expect((await argv(['/etc/passwd'])).code).toBe(126)
      })

      test('that dies by a signal has no status', async () => {
        expect(await shell('kill -KILL $$')).toMatchObject({ code: null, signal: 'KILL' })
      })

      test('prints to two streams, bytes as they are', async () => {
        const output = await shell("printf '\\000\\377\\303('; printf err >&2")
        expect(output.stdout).toEqual(bytesOf(0, 255, 0xc3, 0x28))
        expect(text(output.stderr)).toBe('err')
      })

      test('gets its environment, any value unchanged', async () => {
        const env = { GREETING: "it's $HOME\n'", EMPTY: '' }
        expect(text((await argv(['sh', '-c', 'printf %s "$GREETING$EMPTY"'], { env })).stdout)).toBe(env.GREETING)
        expect(text((await shell('printf %s "$GREETING"', { env })).stdout)).toBe(env.GREETING)
      })
    })

    describe('stdin', () => {
      test('is empty when nothing is given', async () => {
        expect(await argv(['cat'])).toMatchObject({ code: 0, stdout: bytesOf() })
      })

      test('is sent whole and then ends, larger than any window', async () => {
        const bytes = Buffer.alloc(5_000_000, 'opsctl ')
        expect((await argv(['cat'], { stdin: bytes })).stdout.length).toBe(bytes.length)
        expect(text((await argv(['wc', '-c'], { stdin: source(100, 65_536) })).stdout).trim()).toBe('6553600')
      })

      test('is not read faster than the command takes it', async () => {
        let taken = 0
        const endless = (async function* () {
          for (;;) {
            taken++
            yield Buffer.alloc(65_536)
          }
        })()
        await shell('sleep 0.5', { stdin: endless })
        expect(taken).toBeLessThan(200)
      })

      test('that nobody reads does not hold the command up, nor one that never ends', async () => {
        expect(await argv(['true'], { stdin: Buffer.alloc(5_000_000) })).toMatchObject({ code: 0 })
        const silent = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) }
        expect(await argv(['true'], { stdin: silent })).toMatchObject({ code: 0 })
      })

      test('whose source fails ends the run of the command with that error', async () => {
        const failing = (async function* () {
          yield Buffer.from('one')
          throw new Error('the disk is gone')
        })()
        await expect(argv(['cat'], { stdin: failing })).rejects.toThrow('the disk is gone')
      })
    })

    describe('a sink', () => {
      test('gets the output as it comes, and nothing is collected', async () => {
        const chunks: Chunk[] = []
        const output = await shell('echo out; echo err >&2', { sink: chunk => void chunks.push(chunk) })
        const of = (stream: string): string =>
          chunks
            .filter(chunk => chunk.stream === stream)
            .map(chunk => text(chunk.bytes))
            .join('')
        expect([of('stdout'), of('stderr')]).toEqual(['out\n', 'err\n'])
        expect(output.stdout.length + output.stderr.length).toBe(0)
      })

      test('that waits holds the command back, gets everything and never two pieces at a time', async () => {
        let busy = false
        let received = 0
        const sink = async (chunk: Chunk): Promise<void> => {
          expect(busy).toBe(false)
          busy = true
          received += chunk.bytes.length
          await new Promise(resolve => setImmediate(resolve))
          busy = false
        }
        expect((await argv(['head', '-c', '8000000', '/dev/zero'], { sink })).code).toBe(0)
        expect(received).toBe(8_000_000)
      })

      test('that fails ends the command, and the run rejects with its error', async () => {
        const sink = (): never => {
          throw new Error('stdout is closed')
        }
        await expect(argv(['yes'], { sink })).rejects.toThrow('stdout is closed')
      })
    })

    describe('limits', () => {
      test('end a command that takes too long, with everything it started', async () => {
        const mark = `31536${Math.floor(Math.random() * 1e6)}`
        const output = await shell(`sleep ${mark} & sleep ${mark}`, { timeoutMs: 200 })
        expect(output).toMatchObject({ code: null, signal: 'TERM', ended: 'timeout', message: 'ran longer than 200ms' })
        expect(text((await argv(['pgrep', '-f', `sleep ${mark}`])).stdout)).toBe('')
      })

      test('end a command that does not heed TERM', async () => {
        const output = await shell('trap "" TERM; sleep 30', { timeoutMs: 100 })
        expect(output).toMatchObject({ code: null, signal: 'KILL', ended: 'timeout' })
        expect(output.durationMs).toBeLessThan(2500)
      })

      test('end a command that falls silent, but not one that prints', async () => {
        expect(await shell('echo on; sleep 30', { idleTimeoutMs: 300 })).toMatchObject({ ended: 'idle-timeout' })
        const busy = await shell('for i in 1 2 3 4; do echo $i; sleep 0.2; done', { idleTimeoutMs: 600 })
        expect(busy).toMatchObject({ code: 0 })
      })

      test('end a command that prints too much, and keep what was allowed', async () => {
        const output = await argv(['yes'], { maxOutputBytes: 100_001 })
        expect(output).toMatchObject({ code: null, ended: 'output-limit' })
        expect(output.stdout.length).toBe(100_001)
      })

      test('count both streams, and let the exact number pass', async () => {
        const line = 'printf 12345; printf 12345 >&2'
        expect(await shell(line, { maxOutputBytes: 10 })).toMatchObject({ code: 0 })
        expect(await shell(line, { maxOutputBytes: 9 })).toMatchObject({ ended: 'output-limit' })
      })
    })

    test('a command that leaves a process behind ends soon after itself, and says so', async () => {
      const output = await shell('sleep 30 & echo started')
      expect(output).toMatchObject({ code: 0, message: expect.stringContaining('keeps its output open') })
      expect(text(output.stdout)).toBe('started\n')
      expect(output.durationMs).toBeLessThan(2500)
    })

    test('a command that leaves a process behind is read on while that one prints', async () => {
      const output = await shell('(for i in 1 2 3 4 5 6; do sleep 0.3; echo $i; done) & echo started')
      expect(text(output.stdout)).toBe('started\n1\n2\n3\n4\n5\n6\n')
    })

    test('an interrupted command ends as cancelled; one that was not started yet never starts', async () => {
      const interrupt = new AbortController()
      const running = reached.transport.run(
        { shell: 'echo on; sleep 30' },
        { signal: interrupt.signal, sink: () => interrupt.abort() },
      )
      expect(await running).toMatchObject({ code: null, ended: 'cancelled' })
      const file = `${reached.directory}/never`
      expect(await reached.transport.run({ argv: ['touch', file] }, { signal: interrupt.signal })).toMatchObject({
        ended: 'cancelled',
      })
      expect((await argv(['test', '-e', file])).code).toBe(1)
    })

    test('many commands run at a time, more than sshd allows on a connection', async () => {
      const outputs = await Promise.all(Array.from({ length: 40 }, (_, index) => argv(['echo', String(index)])))
      expect(outputs.map(output => text(output.stdout))).toEqual(outputs.map((_, index) => `${index}\n`))
    })

    describe('files', () => {
      const content = Buffer.alloc(3_000_000, 'some bytes \0\xff ', 'latin1')
      const get = (path: string): Promise<Uint8Array> => reached.transport.get(path, { signal })

      test('are put whole with their mode, also over an old one, and read back', async () => {
        const path = `${reached.directory}/it's a file`
        await reached.transport.put(Buffer.from('old'), path, { signal, mode: 0o600 })
        await reached.transport.put(content, path, { signal, mode: 0o640 })
        expect(Buffer.from(await get(path)).equals(content)).toBe(true)
        expect(text((await argv(['stat', '-c', '%a', path])).stdout)).toBe('640\n')
      })

      test('are put from a stream, empty ones too', async () => {
        const path = `${reached.directory}/streamed`
        await reached.transport.put(source(10, 100_000), path, { signal, mode: 0o644 })
        expect((await get(path)).length).toBe(1_000_000)
        await reached.transport.put(new Uint8Array(0), path, { signal, mode: 0o644 })
        expect((await get(path)).length).toBe(0)
      })

      test('that can not be put or read are told, and leave nothing behind', async () => {
        const put = (path: string): Promise<void> => reached.transport.put(Buffer.from('x'), path, { signal, mode: 0o644 })
        await argv(['mkdir', `${reached.directory}/closed`])
        await expect(put(`${reached.directory}/closed/missing/file`)).rejects.toMatchObject({ reason: 'transfer' })
        await expect(put(`${reached.directory}/closed`)).rejects.toMatchObject({
          reason: 'transfer',
          message: expect.stringContaining('directory'),
        })
        await expect(get(`${reached.directory}/missing`)).rejects.toMatchObject({ reason: 'transfer' })
        expect(text((await argv(['ls', '-A', `${reached.directory}/closed`])).stdout)).toBe('')
      })

      test('whose source fails leave the old file and nothing else', async () => {
        const path = `${reached.directory}/kept/file`
        await argv(['mkdir', `${reached.directory}/kept`])
        await reached.transport.put(Buffer.from('old'), path, { signal, mode: 0o644 })
        const failing = (async function* () {
          yield Buffer.from('new')
          throw new Error('the source is gone')
        })()
        await expect(reached.transport.put(failing, path, { signal, mode: 0o644 })).rejects.toThrow('the source is gone')
        expect(text(await get(path))).toBe('old')
        expect(text((await argv(['ls', '-A', `${reached.directory}/kept`])).stdout)).toBe('file\n')
      })
    })
  })
}

/** Strings of every kind that an argument can be: no NUL, no half surrogates. */
const anyArgument = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }).map(word => word.replaceAll('\0', '')),
  fc.string({ unit: fc.constantFrom("'", '"', '\\', '$', '`', '!', '\n', ' ', '-', '=', '~', '#', '*', 'a'), maxLength: 20 }),
)

async function* source(pieces: number, bytes: number): AsyncGenerator<Uint8Array> {
  for (let index = 0; index < pieces; index++) yield Buffer.alloc(bytes, index)
}
