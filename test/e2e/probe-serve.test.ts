import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcp, type Server as TcpServer } from 'node:net'
import { join } from 'node:path'
import { freePort } from '../helpers/free-port.ts'
import { type OpsctlRun, startOpsctl } from '../helpers/opsctl.ts'
import { poll } from '../helpers/poll.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const timeoutMs = 120_000

/** A webhook that remembers what it was told, by idempotency key. */
class Webhook {
  readonly told: { readonly key: string; readonly body: { status: string; summary: string; incident: string } }[] = []
  readonly #server: Server
  /** Answers with this status. */
  status = 200

  constructor() {
    this.#server = createServer((request, response) => {
      const pieces: Buffer[] = []
      request.on('data', piece => pieces.push(piece))
      request.on('end', () => {
        const key = String(request.headers['idempotency-key'])
        // What a kill kept from knowing that it arrived comes again, under the same key.
        if (this.status === 200 && !this.told.some(each => each.key === key)) {
          const { alert, ...rest } = JSON.parse(Buffer.concat(pieces).toString())
          this.told.push({ key, body: alert ?? rest })
        }
        response.writeHead(this.status).end()
      })
    })
  }

  async listen(): Promise<string> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  get lines(): string[] {
    return this.told.map(({ body }) => `${body.status} ${body.summary.replace(/ after .*/, '')}`)
  }
}

/** A port that answers, and can be shut and opened again. */
class Port {
  readonly port: number
  #server: TcpServer | undefined

  constructor(port: number) {
    this.port = port
  }

  async open(): Promise<void> {
    const server = createTcp(socket => socket.on('error', () => {}).end())
    this.#server = server
    await new Promise<void>(resolve => server.listen(this.port, '127.0.0.1', resolve))
  }

  async shut(): Promise<void> {
    await new Promise(resolve => this.#server?.close(resolve) ?? resolve(undefined))
    this.#server = undefined
  }
}

describe('opsctl probe serve', () => {
  let hook: Webhook
  let url: string
  beforeAll(async () => {
    hook = new Webhook()
    url = await hook.listen()
  })
  afterAll(() => hook.close())

  /** Starts it in a directory, and waits until it answers. */
  async function serve(directory: string, { listen, args = [] }: { listen: number; args?: string[] }): Promise<OpsctlRun> {
    const run = await startOpsctl(
      ['probe', 'serve', '-f', 'checks.d', '--alerts', 'alerts.yaml', '--listen', `127.0.0.1:${listen}`, '-v', ...args],
      { cwd: directory, env: { XDG_STATE_HOME: join(directory, 'state') }, deadlineMs: timeoutMs },
    )
    await run.until(/answering at/)
    return run
  }

  async function prepare(directory: string, checks: string): Promise<void> {
    await mkdir(join(directory, 'checks.d'))
    await writeFile(join(directory, 'checks.d/all.yaml'), checks)
    await writeFile(
      join(directory, 'alerts.yaml'),
      `channels: { hook: { type: webhook, url: '${url}' } }\nroutes: [{ to: [hook] }]\n`,
    )
  }

  interface Told {
    readonly id: string
    readonly status: string
    readonly lookedAt?: number
  }
  const checksOf = async (port: number): Promise<Told[]> =>
    ((await (await fetch(`http://127.0.0.1:${port}/api/v1/checks`)).json()) as { checks: Told[] }).checks
  const statusOf = async (port: number, id: string): Promise<string | undefined> =>
    (await checksOf(port)).find(check => check.id === id)?.status

  test(
    'tells of every incident once, over kill -9, a stop of the process, and a channel that is away',
    async () => {
      await using dir = await tempDir()
      const [listen, target] = [await freePort(), new Port(await freePort())]
      await target.open()
      await prepare(
        dir.path,
        `checks: [{ name: db, endpoint: 'tcp://127.0.0.1:${target.port}', interval: 500ms, retries: 0, recoveries: 2 }]\n`,
      )
      hook.told.length = 0
      let run = await serve(dir.path, { listen })
      await poll('it is well', 10_000, async () => (await statusOf(listen, 'db')) === 'pass')
      await target.shut()
      await poll('the first alert', 10_000, () => hook.lines.length === 1)
      // A kill in the moment of an answer has it told again, under the same key.
      await poll('its answer', 10_000, async () => {
        const answer = await fetch(`http://127.0.0.1:${listen}/api/v1/alerts`)
        return ((await answer.json()) as { pending: unknown[] }).pending.length === 0
      })

      run.kill('SIGKILL')
      await run.ended.catch(() => undefined)
      run = await serve(dir.path, { listen })
      await poll('it is looked at again', 10_000, async () => (await checksOf(listen))[0]?.lookedAt !== undefined)
      expect(await statusOf(listen, 'db')).toBe('fail')

      run.kill('SIGSTOP')
      await target.open()
      await poll(
        'three seconds',
        10_000,
        (
          (since: number) => () =>
            performance.now() - since > 3000
        )(performance.now()),
      )
      hook.status = 503
      run.kill('SIGCONT')
      await poll('it is well again', 10_000, async () => (await statusOf(listen, 'db')) === 'pass')
      run.kill('SIGKILL')
      await run.ended.catch(() => undefined)
      hook.status = 200
      run = await serve(dir.path, { listen })
      await poll('the end of the incident', 30_000, () => hook.lines.length >= 2)
      expect(hook.lines).toEqual(['firing db: connection refused', 'resolved db: well again'])
      expect(new Set(hook.told.map(({ body }) => body.incident)).size).toBe(1)
      run.kill('SIGTERM')
      expect((await run.ended).code).toBe(0)
    },
    timeoutMs,
  )

  test(
    'takes new files without a restart, and goes on with the old ones when a new one is wrong',
    async () => {
      await using dir = await tempDir()
      const [listen, target] = [await freePort(), new Port(await freePort())]
      await target.open()
      await prepare(dir.path, `checks: [{ name: one, endpoint: 'tcp://127.0.0.1:${target.port}', interval: 1s }]\n`)
      const run = await serve(dir.path, { listen })
      await writeFile(
        join(dir.path, 'two.tmp'),
        `checks: [{ name: two, endpoint: 'tcp://127.0.0.1:${target.port}', interval: 1s }]\n`,
      )
      await rename(join(dir.path, 'two.tmp'), join(dir.path, 'checks.d/two.yaml'))
      await poll('the dropped file', 20_000, async () => (await statusOf(listen, 'two')) === 'pass')
      await writeFile(join(dir.path, 'checks.d/two.yaml'), 'checks: [{ name: two, endpoint: tcp }]\n')
      run.kill('SIGHUP')
      await run.until(/not read anew.*two\.yaml:1:\d+/)
      expect((await checksOf(listen)).map(({ id }) => id).sort()).toEqual(['one', 'two'])
      await poll(
        'it is still looked at',
        10_000,
        (
          (since: number) => async () =>
            ((await checksOf(listen)).find(({ id }) => id === 'two')?.lookedAt ?? 0) > since
        )(Date.now()),
      )
      run.kill('SIGTERM')
      expect((await run.ended).code).toBe(0)
      await target.shut()
    },
    timeoutMs,
  )

  test(
    'is one of its state: a second one says who is there',
    async () => {
      await using dir = await tempDir()
      const listen = await freePort()
      await prepare(dir.path, 'checks: [{ type: memory }]\n')
      const run = await serve(dir.path, { listen })
      const second = await startOpsctl(['probe', 'serve', '-f', 'checks.d', '--listen', '127.0.0.1:0'], {
        cwd: dir.path,
        env: { XDG_STATE_HOME: join(dir.path, 'state') },
      })
      const { code, stderr } = await second.ended
      expect(code).toBe(75)
      expect(stderr).toContain('probe serve')
      run.kill('SIGTERM')
      expect((await run.ended).code).toBe(0)
    },
    timeoutMs,
  )

  test(
    'tells what is wrong at the start, and begins nothing',
    async () => {
      await using dir = await tempDir()
      await prepare(dir.path, 'checks: [{ type: memry }]\n')
      const run = await startOpsctl(['probe', 'serve', '-f', 'checks.d', '--listen', '127.0.0.1:0'], { cwd: dir.path })
      const { code, stderr } = await run.ended
      expect(code).toBe(78)
      expect(stderr).toContain('checks.d/all.yaml:1:18')
      expect(stderr).toContain('did you mean memory?')
    },
    timeoutMs,
  )
})
