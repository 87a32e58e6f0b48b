import { describe, expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { accept, answerWith, hang, Receiver } from '../alert/receiver.ts'
import { counted } from '../helpers/counts.ts'
import { freePort } from '../helpers/free-port.ts'
import { type OpsctlRun, startOpsctl } from '../helpers/opsctl.ts'
import { poll } from '../helpers/poll.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { seeded } from '../journal/seeded.ts'

const kills = counted({ reduced: 3, full: 60 })
const timeoutMs = 180_000 + kills * 20_000

/** Checks whose answers go bad and well in turns. */
const names = Array.from({ length: 19 }, (_, index) => `shop-${index}`)
/** Bad only after five bad looks of five. */
const patient = 'patient'
/** Looked at seldom, so that a restart that forgets when would show. */
const quiet = Array.from({ length: 100 }, (_, index) => `quiet-${index}`)

const checksOf = (base: string): string =>
  JSON.stringify({
    checks: [
      ...names.map(name => ({ name, endpoint: `${base}/${name}`, interval: '500ms', retries: 0 })),
      { name: patient, endpoint: `${base}/${patient}`, interval: '2s', retries: 0, failures: 5, of: 5 },
      ...quiet.map(name => ({ name, endpoint: `${base}/${name}`, interval: '20s', retries: 0 })),
    ],
  })

/** What the checks ask: well until a test says otherwise. Remembers when it was asked for what. */
class Shop implements AsyncDisposable {
  readonly bad = new Set<string>()
  readonly asked: { readonly name: string; readonly at: number; readonly isBad: boolean }[] = []
  readonly #server: Server = createServer((request, response) => {
    const name = (request.url ?? '/').slice(1)
    const isBad = this.bad.has(name)
    this.asked.push({ name, at: performance.now(), isBad })
    response.writeHead(isBad ? 503 : 200).end()
  })

  async listen(): Promise<string> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Most questions within a second after a moment. */
  busiestSecond(after: number): number {
    const times = this.asked.map(({ at }) => at).filter(at => at >= after)
    return Math.max(0, ...times.map((at, index) => times.slice(index).findIndex(other => other > at + 1000)))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise(resolve => this.#server.close(resolve))
  }
}

interface Attempt {
  readonly key: string
  readonly beganAt: number
  /** When a good answer had left. */
  acceptedAt?: number
}

interface IncidentRow {
  readonly id: string
  readonly watched: string
  readonly endedAt?: number
}

/** A served patrol that is killed and comes back, with all that stands around it. */
class Ordeal implements AsyncDisposable {
  readonly random = seeded(20_260_807)
  readonly shop: Shop
  readonly hook: Receiver
  readonly directory: string
  readonly port: number
  readonly attempts: Attempt[] = []
  readonly killedAt: number[] = []
  /** How often each check went bad. */
  readonly truth = new Map<string, number>()
  isEnding = false
  #run: OpsctlRun | undefined

  constructor({ shop, hook, directory, port }: Pick<Ordeal, 'shop' | 'hook' | 'directory' | 'port'>) {
    this.shop = shop
    this.hook = hook
    this.directory = directory
    this.port = port
    this.answerBy(accept)
  }

  /** The webhook answers so from now on. */
  answerBy(answering: Receiver['answer']): void {
    this.hook.answer = (received, response, message) => {
      const attempt: Attempt = { key: received.key, beganAt: performance.now() }
      this.attempts.push(attempt)
      response.on('finish', () => {
        if (response.statusCode < 300) attempt.acceptedAt = performance.now()
      })
      answering(received, response, message)
    }
  }

  async start(): Promise<OpsctlRun> {
    this.#run = await startOpsctl(
      ['probe', 'serve', '-f', 'checks.yaml', '--alerts', 'alerts.yaml', '--listen', `127.0.0.1:${this.port}`, '-v'],
      { cwd: this.directory, env: { XDG_STATE_HOME: join(this.directory, 'state') }, deadlineMs: timeoutMs },
    )
    return this.#run
  }

  async kill(): Promise<void> {
    const run = this.#run
    if (!run) return
    this.killedAt.push(performance.now())
    run.kill('SIGKILL')
    await run.ended.catch(() => undefined)
  }

  /** What is committed; undefined while nobody answers. */
  async ask<T>(path: string): Promise<T | undefined> {
    try {
      const answer = await fetch(`http://127.0.0.1:${this.port}${path}`, { signal: AbortSignal.timeout(2000) })
      return (await answer.json()) as T
    } catch {
      return undefined
    }
  }

  async incidents(): Promise<readonly IncidentRow[] | undefined> {
    return (await this.ask<{ incidents: IncidentRow[] }>('/api/v1/incidents?limit=10000'))?.incidents
  }

  /** One check goes bad and well in turns, each until the patrol has noticed and a while longer. */
  async turns(name: string): Promise<void> {
    const noticed = async (open: number, all: number): Promise<boolean> => {
      const ours = this.#known.filter(({ watched }) => watched === name)
      return ours.length === all && ours.filter(({ endedAt }) => endedAt === undefined).length === open
    }
    for (let turn = 1; !this.isEnding; turn++) {
      await Bun.sleep(this.random() * 4000)
      if (this.isEnding) break
      this.truth.set(name, turn)
      this.shop.bad.add(name)
      await poll(`${name} is known to be bad, turn ${turn}`, timeoutMs, () => noticed(1, turn))
      await Bun.sleep(this.random() * 3000)
      this.shop.bad.delete(name)
      await poll(`${name} is known to be well, turn ${turn}`, timeoutMs, () => noticed(0, turn))
    }
  }

  #known: readonly IncidentRow[] = []
  /** Keeps what is known of incidents up to date. */
  async watchIncidents(until: Promise<unknown>): Promise<void> {
    let isOver = false
    void until.finally(() => {
      isOver = true
    })
    while (!isOver) {
      this.#known = (await this.incidents()) ?? this.#known
      await Bun.sleep(50)
    }
  }

  /** The webhook takes alerts, refuses them for now, hangs, and is not there, in turns. */
  async trouble(): Promise<void> {
    while (!this.isEnding) {
      const mode = Math.floor(this.random() * 5)
      if (mode === 0) this.answerBy(answerWith(503))
      else if (mode === 1) this.answerBy(hang)
      else if (mode === 2) await this.hook.stop()
      else this.answerBy((received, response, message) => void setTimeout(() => accept(received, response, message), 20))
      await Bun.sleep(500 + this.random() * 2000)
      if (mode === 2) await this.hook.listen()
    }
    this.answerBy(accept)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isEnding = true
    await this.kill()
  }
}

describe('opsctl probe serve under kill -9', () => {
  test(
    `tells every incident and its end once, and loses no streak, over ${kills} kills and a channel that comes and goes`,
    async () => {
      await using dir = await tempDir()
      await using shop = new Shop()
      await using hook = await Receiver.start()
      const base = await shop.listen()
      await writeFile(join(dir.path, 'checks.yaml'), checksOf(base))
      await writeFile(
        join(dir.path, 'alerts.yaml'),
        JSON.stringify({ channels: { hook: { type: 'webhook', url: hook.url } }, routes: [{ to: 'hook' }] }),
      )
      await using ordeal = new Ordeal({ shop, hook, directory: dir.path, port: await freePort() })
      const { random } = ordeal
      const turning = Promise.all([...names, patient].map(name => ordeal.turns(name)))
      const watching = ordeal.watchIncidents(turning)
      const troubling = ordeal.trouble()
      for (let round = 0; round < kills; round++) {
        const run = await ordeal.start()
        // Every third dies while it is still beginning.
        if (round % 3 !== 1) await run.until(/answering at/)
        await Bun.sleep(round % 3 === 1 ? random() * 600 : 1000 + random() * 7000)
        await ordeal.kill()
      }
      const run = await ordeal.start()
      await run.until(/answering at/)
      await Bun.sleep(5000)
      ordeal.isEnding = true
      await turning
      await watching
      await troubling
      const quietNow = (): Promise<boolean> =>
        ordeal.ask<{ pending: unknown[] }>('/api/v1/alerts').then(told => told?.pending.length === 0)
      await poll('everybody is told everything', 120_000, quietNow)
      run.kill('SIGTERM')
      expect((await run.ended).code).toBe(0)

      const database = new DatabaseSync(join(dir.path, 'state/opsctl/patrol/history.db'), { readOnly: true })
      expect(database.prepare('SELECT count(*) AS left FROM outbox').get()?.['left']).toBe(0)
      const incidents = database.prepare('SELECT id, watched FROM incident').all()
      database.close()
      const happened = Map.groupBy(incidents, ({ watched }) => String(watched))
      expect(Object.fromEntries([...happened].map(([name, rows]) => [name, rows.length]))).toEqual(
        Object.fromEntries(ordeal.truth),
      )

      const accepted = ordeal.attempts.filter(({ acceptedAt }) => acceptedAt !== undefined)
      const byKey = Map.groupBy(accepted, ({ key }) => key)
      const wanted = incidents.flatMap(({ id }) => [`${id}:firing.warning`, `${id}:resolved`])
      expect([...byKey.keys()].sort()).toEqual(wanted.sort())
      // What came twice had an answer that a kill cut off.
      for (const attempts of byKey.values()) {
        for (const { beganAt, acceptedAt = 0 } of attempts.slice(0, -1)) {
          expect(ordeal.killedAt.some(at => at >= beganAt && at <= acceptedAt + 500)).toBe(true)
        }
      }
      for (const { id } of incidents) {
        const first = (key: string): number => accepted.findIndex(attempt => attempt.key === `${id}:${key}`)
        expect(first('firing.warning')).toBeLessThan(first('resolved'))
      }

      // A kill costs the patient check a look at most, never what it had counted: five bad looks and one for each kill.
      const badLooks = shop.asked.filter(({ name, isBad }) => name === patient && isBad).length
      expect(badLooks).toBeLessThanOrEqual((5 + 3) * (ordeal.truth.get(patient) ?? 0) + 2 * kills)
      // 40 + 1/2 + 5 a second are wanted.
      expect(shop.busiestSecond(0)).toBeLessThan(90)
      const seldom = shop.asked.filter(({ name }) => name.startsWith('quiet')).length
      const seconds = ((shop.asked.at(-1)?.at ?? 0) - (shop.asked[0]?.at ?? 0)) / 1000
      expect(seldom).toBeLessThan(quiet.length * (2 + seconds / 20))
    },
    timeoutMs,
  )
})
