import { describe, expect, test } from 'bun:test'
import { appendFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { type OpsctlRun, opsctl, startOpsctl } from '../helpers/opsctl.ts'
import { poll } from '../helpers/poll.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const timeoutMs = 120_000

/** A directory with a pipeline of two sources and two sinks, and what is run there. */
class Place {
  readonly path: string
  readonly #state: string

  constructor(path: string, state = 'state') {
    this.path = path
    this.#state = join(path, state)
    mkdirSync(this.#state, { recursive: true })
    this.write({ errors: { type: 'file', path: 'errors.ndjson', when: 'level == "error"' } })
    for (const name of ['app.log', 'web.log']) writeFileSync(join(path, name), '')
  }

  /** The file, with these sinks besides that which gets all. */
  write(sinks: Record<string, unknown>): void {
    writeFileSync(
      join(this.path, 'pipeline.yaml'),
      JSON.stringify({
        sources: {
          app: { type: 'file', paths: ['app.log'], format: 'logfmt' },
          web: { type: 'file', paths: ['web.log'], format: 'json' },
        },
        shape: [{ mask: { patterns: ['email'] } }],
        sinks: { all: { type: 'file', path: 'all.ndjson' }, ...sinks },
      }),
    )
  }

  run(args: readonly string[]): Promise<OpsctlRun> {
    return startOpsctl(args, { cwd: this.path, env: { XDG_STATE_HOME: this.#state }, deadlineMs: timeoutMs })
  }

  /** The pipeline, as soon as it can be tapped. */
  async pipeline(): Promise<OpsctlRun> {
    const run = await this.run(['ship-logs', '-f', 'pipeline.yaml', '--follow'])
    await poll('it can be tapped', 30_000, async () => this.socket !== undefined && (await this.isAnswered()))
    return run
  }

  /** A tap that looks. */
  async tap(...args: readonly string[]): Promise<OpsctlRun> {
    const run = await this.run(['ship-logs', 'tap', '-f', 'pipeline.yaml', '-v', ...args])
    await run.until(/looking at what passes/)
    return run
  }

  async isAnswered(): Promise<boolean> {
    const { code } = await opsctl(['ship-logs', 'tap', '-f', 'pipeline.yaml', '--stage', 'nobody'], {
      cwd: this.path,
      env: { XDG_STATE_HOME: this.#state },
      deadlineMs: timeoutMs,
    })
    return code === 2
  }

  get socket(): string | undefined {
    const found = readdirSync(this.#state, { recursive: true, encoding: 'utf8' }).find(name => name.endsWith('/tap.sock'))
    return found === undefined ? undefined : join(this.#state, found)
  }

  append(name: string, lines: readonly string[]): void {
    appendFileSync(join(this.path, name), `${lines.join('\n')}\n`)
  }

  /** Records that were delivered. */
  delivered(name: string): number {
    try {
      return readFileSync(join(this.path, name), 'utf8').split('\n').length - 1
    } catch {
      return 0
    }
  }
}

const linesOf = (run: OpsctlRun): string[] => run.stdout().split('\n').slice(0, -1)

async function interrupted(run: OpsctlRun): Promise<number | null> {
  run.kill('SIGINT')
  return (await run.ended).code
}

describe('opsctl ship-logs tap', () => {
  test(
    'shows several people what passes at each stage, secrets masked from shaped on',
    async () => {
      await using dir = await tempDir()
      const place = new Place(dir.path)
      const pipeline = await place.pipeline()
      const socket = place.socket ?? ''
      expect([statSync(socket).mode & 0o777, statSync(dirname(socket)).mode & 0o777]).toEqual([0o600, 0o700])

      const taps = {
        read: await place.tap('--stage', 'read', '--source', 'app'),
        parsed: await place.tap('--stage', 'parsed', '-o', 'ndjson'),
        shaped: await place.tap(),
        errors: await place.tap('--stage', 'errors'),
        where: await place.tap('--where', 'n > 1', '--limit', '1'),
      }
      place.append('app.log', ['level=info n=1 user=ann@example.com', 'level=error n=2 \u009bred', 'blank'])
      await poll('all of it is shown', 30_000, () => linesOf(taps.shaped).length === 3)
      place.append('web.log', ['{"level":"error","n":3}'])
      await poll('the other source too', 30_000, () => linesOf(taps.errors).length === 2 && linesOf(taps.shaped).length === 4)
      await poll('that of the records', 30_000, () => linesOf(taps.parsed).length === 4)

      expect(linesOf(taps.read).map(line => JSON.parse(line))).toEqual([
        { line: 'level=info n=1 user=ann@example.com' },
        { line: 'level=error n=2 \u009bred' },
        { line: 'blank' },
      ])
      expect(taps.read.stdout()).not.toContain('\u009b')
      const [first] = linesOf(taps.parsed).map(line => JSON.parse(line))
      expect(first).toEqual({
        stage: 'parsed',
        source: 'app',
        stream: expect.stringMatching(/app\.log$/),
        record: { level: 'info', n: 1, user: 'ann@example.com' },
      })
      expect(linesOf(taps.shaped)[0]).toBe('{"level":"info","n":1,"user":"***"}')
      expect(linesOf(taps.errors).map(line => JSON.parse(line).n)).toEqual([2, 3])
      expect((await taps.where.ended).code).toBe(0)
      expect(linesOf(taps.where).map(line => JSON.parse(line).n)).toEqual([2])

      for (const name of ['read', 'parsed', 'shaped', 'errors'] as const) expect(await interrupted(taps[name])).toBe(130)
      expect(taps.shaped.stderr()).toContain('4 records shown, 0 not shown')
      pipeline.kill('SIGTERM')
      expect((await pipeline.ended).code).toBe(143)
    },
    timeoutMs,
  )

  test(
    'never slows the pipeline: what is read too slowly is counted and told',
    async () => {
      await using dir = await tempDir()
      const place = new Place(dir.path)
      const pipeline = await place.pipeline()
      const tap = await place.tap('--stage', 'all')
      tap.kill('SIGSTOP')
      const many = 60_000
      place.append(
        'app.log',
        Array.from({ length: many }, (_, n) => `level=info n=${n} text="${'x'.repeat(100)}"`),
      )
      await poll('all is delivered', 60_000, () => place.delivered('all.ndjson') === many)
      tap.kill('SIGCONT')
      // There is room again as soon as one of these is shown; what comes behind it is shown for certain.
      let written = many
      await poll('it shows again what comes', 60_000, () => {
        place.append('app.log', [`level=info n=${written++} text=again`])
        return tap.stdout().includes('again')
      })
      place.append('app.log', [`level=info n=${written++} text=last`])
      await poll('it shows the last', 60_000, () => tap.stdout().includes('"last"'))
      expect(await interrupted(tap)).toBe(130)
      const [, shown = '', missed = ''] = /(\d+) records shown, (\d+) not shown/.exec(tap.stderr()) ?? []
      expect(Number(shown)).toBe(linesOf(tap).length)
      expect(Number(missed)).toBeGreaterThan(0)
      expect(Number(shown) + Number(missed)).toBe(written)
      pipeline.kill('SIGTERM')
      await pipeline.ended
    },
    timeoutMs,
  )

  test(
    'shows no more than its rate, and counts the others',
    async () => {
      await using dir = await tempDir()
      const place = new Place(dir.path)
      const pipeline = await place.pipeline()
      const taps = [await place.tap('--rate', '10/s'), await place.tap('--rate', '10/s', '--where', 'n >= 0')]
      place.append(
        'app.log',
        Array.from({ length: 1000 }, (_, n) => `n=${n}`),
      )
      for (const tap of taps) {
        await poll('some are shown', 30_000, () => linesOf(tap).length > 0)
        place.append('app.log', ['n=1000'])
        expect(await interrupted(tap)).toBe(130)
        const [, shown = '', missed = ''] = /(\d+) records shown, (\d+) not shown/.exec(tap.stderr()) ?? []
        expect(Number(shown)).toBeLessThan(100)
        expect(Number(missed)).toBeGreaterThan(800)
      }
      pipeline.kill('SIGTERM')
      await pipeline.ended
    },
    timeoutMs,
  )

  test(
    'goes on when the pipeline is killed and started again, under a directory with a long name too',
    async () => {
      await using dir = await tempDir()
      const place = new Place(dir.path, 'a-directory-whose-name-is-longer-than-that-of-any-socket-can-be-since-it-has-108-bytes')
      const pipeline = await place.pipeline()
      const tap = await place.tap()
      place.append('app.log', ['n=1'])
      await poll('the first', 30_000, () => linesOf(tap).length === 1)
      pipeline.kill('SIGKILL')
      await tap.until(/pipeline\.yaml has ended: waiting until it runs again/)
      const other = await place.run(['ship-logs', '-f', 'pipeline.yaml', '--follow'])
      await poll('it looks again', 30_000, () => tap.stderr().split('looking at what passes').length === 3)
      expect(tap.stderr()).toContain('pipeline.yaml runs again')
      place.append('app.log', ['n=2'])
      await poll('the second', 30_000, () => linesOf(tap).length >= 2)
      expect(linesOf(tap).at(-1)).toBe('{"n":2}')
      other.kill('SIGTERM')
      await other.ended
      await poll('the end is told', 30_000, () => tap.stderr().split('has ended: waiting').length === 3)
      expect(await interrupted(tap)).toBe(130)
    },
    timeoutMs,
  )

  test(
    'goes on when the pipeline is read anew, and ends where that has no such sink any more',
    async () => {
      await using dir = await tempDir()
      const place = new Place(dir.path)
      const pipeline = await place.pipeline()
      const taps = { all: await place.tap('--stage', 'all'), errors: await place.tap('--stage', 'errors') }
      place.write({})
      pipeline.kill('SIGHUP')
      const end = await taps.errors.ended
      expect(end.code).toBe(2)
      expect(end.stderr).toContain('the pipeline was read anew, and does not have any more what is looked at')
      place.append('app.log', ['level=error n=1'])
      await poll('it is shown', 30_000, () => linesOf(taps.all).length === 1)
      expect(await interrupted(taps.all)).toBe(130)
      pipeline.kill('SIGTERM')
      await pipeline.ended
    },
    timeoutMs,
  )

  test(
    'says where it looked for a pipeline that does not run, and what there is of one that does',
    async () => {
      await using dir = await tempDir()
      const place = new Place(dir.path)
      const none = await (await place.run(['ship-logs', 'tap', '-f', 'pipeline.yaml'])).ended
      expect(none.code).toBe(69)
      expect(none.stderr).toContain(`pipeline.yaml is not running: nobody answers in ${dir.path}/state/opsctl/ship-logs/`)
      const pipeline = await place.pipeline()
      const ask = async (...args: string[]) => (await place.run(['ship-logs', 'tap', '-f', 'pipeline.yaml', ...args])).ended
      expect(await ask('--stage', 'error')).toMatchObject({ code: 2, stderr: expect.stringContaining('did you mean errors?') })
      expect(await ask('--source', 'x')).toMatchObject({ code: 2, stderr: expect.stringContaining('there are app, web') })
      expect(await ask('--where', 'n >')).toMatchObject({ code: 2 })
      const others = Array.from({ length: 8 }, () => connect(place.socket ?? ''))
      for (const other of others) other.write('{"stage":"shaped"}\n')
      await Promise.all(others.map(other => new Promise(resolve => other.once('data', resolve))))
      expect(await ask()).toMatchObject({ code: 2, stderr: expect.stringContaining('8 others look at this pipeline already') })
      for (const other of others) other.destroy()
      expect(await ask('-o', 'junit')).toMatchObject({ code: 2, stderr: expect.stringContaining('JSON lines') })
      pipeline.kill('SIGTERM')
      await pipeline.ended
    },
    timeoutMs,
  )
})
