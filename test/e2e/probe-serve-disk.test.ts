import { describe, expect, test } from 'bun:test'
import { rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Receiver } from '../alert/receiver.ts'
import { freePort } from '../helpers/free-port.ts'
import { needs } from '../helpers/needs.ts'
import { type OpsctlRun, startOpsctl } from '../helpers/opsctl.ts'
import { poll } from '../helpers/poll.ts'
import { type TempDir, tempDir } from '../helpers/temp-dir.ts'
import { tinyDisk } from '../helpers/tiny-disk.ts'

const timeoutMs = 120_000
const token = 'b2JzZXJ2ZS10aGUtc2hvcA'

/** A patrol of one shop that says how it is, whose state is on a disk of its own. */
class Patrol implements AsyncDisposable {
  readonly #directory: TempDir
  readonly #shop: Server
  readonly hook: Receiver
  readonly disk: TempDir
  readonly port: number
  isWell = true
  asked = 0
  run: OpsctlRun | undefined

  private constructor(parts: { directory: TempDir; shop: Server; hook: Receiver; disk: TempDir; port: number }) {
    this.#directory = parts.directory
    this.#shop = parts.shop.on('request', (_, response) => {
      this.asked++
      response.writeHead(this.isWell ? 200 : 503).end()
    })
    this.hook = parts.hook
    this.disk = parts.disk
    this.port = parts.port
  }

  static async prepare(): Promise<Patrol> {
    const directory = await tempDir()
    const shop = createServer()
    await new Promise<void>(resolve => shop.listen(0, '127.0.0.1', resolve))
    const hook = await Receiver.start()
    const { port } = shop.address() as AddressInfo
    const checks = [
      { name: 'shop', endpoint: `http://127.0.0.1:${port}/`, interval: '500ms', retries: 0 },
      { name: 'backup', type: 'heartbeat', beat: 'nightly', every: '1d' },
    ]
    await writeFile(join(directory.path, 'checks.yaml'), JSON.stringify({ checks }))
    await writeFile(
      join(directory.path, 'alerts.yaml'),
      JSON.stringify({ channels: { hook: { type: 'webhook', url: hook.url } }, routes: [{ to: 'hook' }] }),
    )
    await writeFile(join(directory.path, 'token'), `${token}\n`, { mode: 0o600 })
    return new Patrol({ directory, shop, hook, disk: await tinyDisk(2 * 1024 ** 2), port: await freePort() })
  }

  async start(): Promise<OpsctlRun> {
    this.run = await startOpsctl(
      [
        ...['probe', 'serve', '-f', 'checks.yaml', '--alerts', 'alerts.yaml', '--token-file', 'token'],
        ...['--listen', `127.0.0.1:${this.port}`, '--state-dir', join(this.disk.path, 'opsctl'), '-v'],
      ],
      { cwd: this.#directory.path, deadlineMs: timeoutMs },
    )
    return this.run
  }

  async get<T>(path: string): Promise<T> {
    return (await (await fetch(`http://127.0.0.1:${this.port}${path}`)).json()) as T
  }

  async metric(name: string): Promise<number> {
    const text = await (await fetch(`http://127.0.0.1:${this.port}/metrics`)).text()
    return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
  }

  async post(path: string, init: RequestInit = {}): Promise<Response> {
    return await fetch(`http://127.0.0.1:${this.port}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      ...init,
    })
  }

  /** Not a byte is left. */
  async fill(): Promise<void> {
    await writeFile(join(this.disk.path, 'filler'), Buffer.alloc(4 * 1024 ** 2)).catch(() => undefined)
  }

  get told(): string[] {
    return this.hook.accepted.map(({ body }) => String(body['status']))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.run?.kill('SIGKILL')
    await this.run?.ended.catch(() => undefined)
    this.#shop.closeAllConnections()
    this.#shop.close()
    await this.hook[Symbol.asyncDispose]()
    await this.disk[Symbol.asyncDispose]()
    await this.#directory[Symbol.asyncDispose]()
  }
}

describe.skipIf(!needs('mount'))('opsctl probe serve on a full disk', () => {
  test(
    'goes on with looks, beats, metrics and alerts, and writes all of it when there is room again',
    async () => {
      await using patrol = await Patrol.prepare()
      const run = await patrol.start()
      await run.until(/answering at/)
      await poll('it is well', 20_000, async () => (await patrol.metric('opsctl_check_success\\{check="shop".*\\}')) === 1)
      await patrol.fill()
      patrol.isWell = false
      await poll('the incident is told', 20_000, () => patrol.told.length === 1)
      const before = patrol.asked
      expect((await patrol.post('/api/v1/heartbeats/nightly?message=12GiB')).status).toBe(204)
      await poll('it is looked at still', 20_000, () => patrol.asked > before + 4)
      await poll('the beat counts', 20_000, async () => {
        const { message } = await patrol.get<{ message: string }>('/api/v1/checks/backup')
        return message.includes('12GiB')
      })
      expect(await patrol.metric('opsctl_patrol_history_failures_total')).toBeGreaterThan(0)
      const put = await patrol.post('/api/v1/probes/db', { method: 'PUT', body: '{ endpoint: "tcp://127.0.0.1:1" }' })
      expect([put.status, await put.text()]).toEqual([507, expect.stringContaining('E_STATE')])
      expect(run.stderr().match(/history of the patrol can not be written/g)).toHaveLength(1)
      await rm(join(patrol.disk.path, 'filler'))
      await poll('it is written', 20_000, () => /history of the patrol is written again/.test(run.stderr()))
      await patrol.fill()
      run.kill('SIGKILL')
      await run.ended
      await rm(join(patrol.disk.path, 'filler'))

      const again = await patrol.start()
      await again.until(/answering at/)
      await poll('it is known to be bad', 20_000, async () => {
        const { incidents } = await patrol.get<{ incidents: { endedAt?: number }[] }>('/api/v1/incidents')
        return incidents.length === 1 && incidents[0]?.endedAt === undefined
      })
      expect((await patrol.get<{ message: string }>('/api/v1/checks/backup')).message).toContain('12GiB')
      patrol.isWell = true
      await poll('its end is told', 40_000, () => patrol.told.length >= 2)
      expect(patrol.told).toEqual(['firing', 'resolved'])
      again.kill('SIGTERM')
      expect((await again.ended).code).toBe(0)
    },
    timeoutMs,
  )

  test(
    'says so when it can not even begin, and when its state can not be written at all',
    async () => {
      await using patrol = await Patrol.prepare()
      await patrol.fill()
      const full = await (await patrol.start()).ended
      expect([full.code, full.stderr]).toEqual([74, expect.stringContaining('E_STATE')])
      await rm(join(patrol.disk.path, 'filler'))
      expect(Bun.spawnSync(['mount', '-o', 'remount,ro', patrol.disk.path]).exitCode).toBe(0)
      const readOnly = await (await patrol.start()).ended
      expect([readOnly.code, readOnly.stderr]).toEqual([74, expect.stringContaining('E_STATE')])
    },
    timeoutMs,
  )
})
