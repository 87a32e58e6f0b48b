import { describe, expect, test } from 'bun:test'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../helpers/free-port.ts'
import { type OpsctlRun, opsctl, startOpsctl } from '../helpers/opsctl.ts'
import { poll } from '../helpers/poll.ts'
import { type TempDir, tempDir } from '../helpers/temp-dir.ts'

const timeoutMs = 90_000
const token = 'b2JzZXJ2ZS10aGUtc2hvcA'

const alertsTo = (url: string): string => `channels: { hook: { type: webhook, url: '${url}' } }\nroutes: [{ to: hook }]\n`

/** A patrol in a directory of its own, and how to ask it. */
class Served implements AsyncDisposable {
  readonly #dir: TempDir
  readonly port: number
  run: OpsctlRun | undefined

  private constructor(dir: TempDir, port: number) {
    this.#dir = dir
    this.port = port
  }

  static async prepare(checks: string): Promise<Served> {
    const dir = await tempDir()
    await mkdir(join(dir.path, 'checks.d'))
    await writeFile(join(dir.path, 'token'), `${token}\n`, { mode: 0o600 })
    await writeFile(join(dir.path, 'alerts.yaml'), alertsTo('http://127.0.0.1:1/'))
    if (checks !== '') await writeFile(join(dir.path, 'checks.d/all.yaml'), checks)
    return new Served(dir, await freePort())
  }

  get directory(): string {
    return this.#dir.path
  }

  async start({ isVerbose = true } = {}): Promise<OpsctlRun> {
    this.run = await startOpsctl(
      [
        ...['probe', 'serve', '-f', 'checks.d', '--alerts', 'alerts.yaml', '--token-file', 'token'],
        ...(isVerbose ? ['-v'] : []),
        ...['--listen', `127.0.0.1:${this.port}`, '--state-dir', 'state'],
      ],
      { cwd: this.directory, deadlineMs: timeoutMs },
    )
    return this.run
  }

  async ask(path: string, method = 'GET', body?: string): Promise<{ readonly status: number; readonly text: string }> {
    const headers = { authorization: `Bearer ${token}` }
    const answer = await fetch(`http://127.0.0.1:${this.port}${path}`, { method, headers, ...(body !== undefined && { body }) })
    return { status: answer.status, text: await answer.text() }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.run?.kill('SIGKILL')
    await this.run?.ended.catch(() => undefined)
    await this.#dir[Symbol.asyncDispose]()
  }
}

describe('opsctl probe serve', () => {
  test(
    'says in one line what it watches and where it answers, unasked',
    async () => {
      await using served = await Served.prepare("checks: [{ name: db, endpoint: 'tcp://127.0.0.1:1' }]\n")
      const run = await served.start({ isVerbose: false })
      await run.until(/answering at/)
      expect(run.stderr()).toBe(`opsctl: watching 1 checks, answering at 127.0.0.1:${served.port}\n`)
    },
    timeoutMs,
  )

  test(
    'is not ended by a SIGHUP that comes while it begins, and reads everything anew when it is there',
    async () => {
      await using served = await Served.prepare("checks: [{ name: db, endpoint: 'tcp://127.0.0.1:1' }]\n")
      const run = await served.start()
      await poll('it has its lock', 20_000, () => Bun.file(join(served.directory, 'state/patrol/lock')).exists())
      run.kill('SIGHUP')
      await run.until(/answering at/)
      await run.until(/read anew: 1 checks/)
      run.kill('SIGTERM')
      expect((await run.ended).code).toBe(0)
    },
    timeoutMs,
  )

  test(
    'tells whoever asks it to read anew what is wrong, with file and line, and goes on',
    async () => {
      await using served = await Served.prepare("checks: [{ name: db, endpoint: 'tcp://127.0.0.1:1' }]\n")
      const run = await served.start()
      await run.until(/answering at/)
      expect((await served.ask('/api/v1/reload', 'POST')).status).toBe(204)
      run.kill('SIGUSR1')
      await run.until(/checks that are not well: \d of 1; looks under way: \d; alerts not delivered: \d/)
      await writeFile(join(served.directory, 'alerts.yaml'), 'channels: { hook: { type: webhok } }\n')
      const wrong = await served.ask('/api/v1/reload', 'POST')
      expect([wrong.status, wrong.text]).toEqual([422, expect.stringContaining('alerts.yaml:1:27')])
      expect(await served.ask('/api/v1/alerts')).toMatchObject({ status: 200, text: expect.stringContaining('hook') })
      run.kill('SIGTERM')
      expect((await run.ended).code).toBe(0)
    },
    timeoutMs,
  )

  test(
    'refuses what it does not understand, and says what there is',
    async () => {
      await using served = await Served.prepare("checks: [{ name: db, endpoint: 'tcp://127.0.0.1:1' }, { type: memory }]\n")
      const run = await served.start()
      await run.until(/answering at/)
      for (const [path, words] of [
        ['/api/v1/checks?status=bad', 'pass, warn, unknown, fail'],
        ['/api/v1/checks?sla=p0', 'P0, P1, P2'],
        ['/api/v1/checks?stat=fail', 'did you mean status?'],
        ['/api/v1/incidents?limt=5', 'there is limit'],
      ] as const) {
        const { status, text } = await served.ask(path)
        expect([path, status, text]).toEqual([path, 400, expect.stringContaining(words)])
      }
      expect(await served.ask('/api/v1/checks/memory')).toMatchObject({
        status: 404,
        text: expect.stringContaining('localhost/memory'),
      })
      expect((await served.ask('/api/v1/probes/db/disable', 'POST')).status).toBe(204)
      expect(await served.ask('/api/v1/checks/db/look', 'POST')).toMatchObject({
        status: 409,
        text: expect.stringContaining('switched off'),
      })
      const taken = await served.ask('/api/v1/probes/localhost%2Fmemory', 'PUT', "{ endpoint: 'tcp://127.0.0.1:1' }")
      expect(taken).toMatchObject({ status: 422, text: expect.stringContaining('localhost/memory') })
      run.kill('SIGTERM')
      expect((await run.ended).code).toBe(0)
    },
    timeoutMs,
  )

  test(
    'says that a directory without checks watches nothing yet, and why a state can not be kept',
    async () => {
      await using served = await Served.prepare('')
      const run = await served.start()
      await run.until(/no check is watched/)
      run.kill('SIGTERM')
      expect((await run.ended).code).toBe(0)
      const { code, stderr } = await opsctl(
        ['probe', 'serve', '-f', 'checks.d', '--listen', '127.0.0.1:0', '--state-dir', 'token'],
        { cwd: served.directory },
      )
      expect([code, stderr]).toEqual([
        74,
        expect.stringMatching(/state of the patrol can not be kept in .*token\/patrol: ENOTDIR/),
      ])
    },
    timeoutMs,
  )
})
