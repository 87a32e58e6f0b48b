import type { CheckResult } from '../../../src/lib/core/check.ts'
import type { Clock } from '../../../src/lib/core/clock.ts'
import { hostNamed } from '../../../src/lib/core/host.ts'
import { systemClock } from '../../../src/lib/io/system-clock.ts'
import { routes } from '../../../src/lib/net/server/router.ts'
import { LivePage } from '../../../src/lib/patrol/page/live-page.ts'
import { pageRoutes } from '../../../src/lib/patrol/page/page-routes.ts'
import type { WatchedCheck } from '../../../src/lib/patrol/watch.ts'
import { FakeClock } from '../../helpers/fake-clock.ts'
import { open, type TestServer } from '../../net/server/open.ts'
import { Patrolled } from '../patrolled.ts'

const hourMs = 3_600_000

/** A patrol whose page is served: looks go by a clock that stands still, the server and its events by the real one. */
export class ShownPatrol implements AsyncDisposable {
  readonly patrolled: Patrolled
  readonly live: LivePage
  /** The patrol's date, with real timers. */
  readonly clock: Clock
  #server: TestServer | undefined

  constructor(directory: string) {
    const fake = new FakeClock(Date.UTC(2026, 2, 29, 13, 30))
    this.patrolled = new Patrolled(directory, fake, watch => this.live.changed(watch))
    const began = systemClock.monotonic()
    const passed = (): number => systemClock.monotonic() - began
    this.clock = {
      now: () => fake.now() + Math.round(passed()),
      monotonic: () => fake.monotonic() + passed(),
      timer: (ms, call, options) => systemClock.timer(ms, call, options),
    }
    this.live = new LivePage({ clock: this.clock, patrol: () => this.patrolled.patrol })
  }

  async serve(): Promise<string> {
    const { history, patrol } = this.patrolled
    const pages = pageRoutes({ patrol, history, version: '1.2.3', clock: this.clock, live: this.live })
    this.#server = await open({ handler: routes(pages) })
    return this.#server.url
  }

  /** Stops answering, and answers again at the same address when asked to. */
  async stopServing(): Promise<() => Promise<void>> {
    const port = this.#server?.port ?? 0
    await this.#server?.close()
    return async () => {
      const { history, patrol } = this.patrolled
      const pages = pageRoutes({ patrol, history, version: '1.2.3', clock: this.clock, live: this.live })
      this.#server = await open({ handler: routes(pages), listen: [`127.0.0.1:${port}`] })
    }
  }

  /** Gives a check a past: looks of each hour, oldest first, of which so many were bad. */
  past(id: string, bad: readonly number[], looks = 120): void {
    const { database } = this.patrolled.history
    const now = Math.floor(this.clock.now() / hourMs)
    const key = this.patrolled.history.keyOf(id)
    if (key === undefined) throw new Error(`${id} was never looked at`)
    const insert = database.prepare('REPLACE INTO hour VALUES (?, ?, ?, 0, ?, ?, ?)')
    bad.forEach((count, index) => void insert.run(key, now - bad.length + index, looks, count, looks * 12, 40))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.live[Symbol.dispose]()
    await this.#server?.close()
    await this.patrolled[Symbol.asyncDispose]()
  }
}

const well = (message: string, ms: number, more: Record<string, number> = {}): CheckResult => ({
  verdict: 'pass',
  message,
  metrics: { total_seconds: ms / 1000, ...more },
})

/** The looks of a shop in every state that a check can be in. */
export async function shop(directory: string): Promise<ShownPatrol> {
  const shown = new ShownPatrol(directory)
  const { patrolled } = shown
  const hosts = ['web1', 'web2', 'db1'].map(name => hostNamed(name))
  const runbook = 'https://wiki.example.com/runbooks/'
  const check = (
    name: string,
    { group, type = 'http', ...asked }: Parameters<Patrolled['check']>[1] & { group?: string; type?: string; runbook?: string },
  ): WatchedCheck => ({
    ...patrolled.check(name, asked),
    type,
    labels: group === undefined ? {} : { group, team: 'platform' },
    ...(asked.runbook && { runbook: asked.runbook }),
  })
  const checks = [
    check('checkout', { group: 'shop', sla: 'P0', runbook: `${runbook}checkout` }),
    check('catalogue', { group: 'shop', sla: 'P0' }),
    check('search', { group: 'shop', sla: 'P1', runbook: `${runbook}search` }),
    check('recommendations', { group: 'shop', sla: 'P2' }),
    check('cart', { group: 'shop', sla: 'P1', retries: 2, intervalMs: 60_000 }),
    check('router', { group: 'network', sla: 'P0', type: 'icmp' }),
    check('switch-3', { group: 'network', sla: 'P1', type: 'icmp', dependsOn: ['router'] }),
    check('switch-4', { group: 'network', sla: 'P1', type: 'icmp', dependsOn: ['router'] }),
    check('disk /', { group: 'hosts', sla: 'P1', type: 'disk', hosts }),
    check('mail', { sla: 'P2', type: 'smtp' }),
    check('nightly-backup', { sla: 'P1', type: 'heartbeat', intervalMs: 3_600_000 }),
    check('old-site', { sla: 'P2', isOn: false }),
    check('partner-api', { sla: 'P1' }),
  ]
  const { answers } = patrolled
  answers['checkout'] = well('200 OK in 34 ms', 34, { days_left: 61.4 })
  answers['catalogue'] = well('200 OK in 58 ms', 58, { days_left: 61.4 })
  answers['search'] = well('200 OK in 91 ms', 91, { days_left: 9.2 })
  answers['recommendations'] = well('200 OK in 120 ms', 120, { days_left: 61.4 })
  answers['cart'] = well('200 OK in 12 ms', 12, { days_left: 61.4 })
  answers['router'] = well('3 of 3 answers, 0.4 ms', 0.4)
  answers['disk /'] = well('41 % of 500 GiB used', 31)
  answers['mail'] = well('220 mail.example.com ESMTP Postfix', 18, { days_left: 200 })
  let turn = 0
  answers['partner-api'] = async () =>
    turn++ % 4 < 2 ? well('200 OK in 210 ms', 210) : { verdict: 'fail', reason: 'timeout', message: 'no answer within 2s' }
  patrolled.patrol.apply(checks)
  await patrolled.clock.advance(30 * 60_000)
  patrolled.recorder.flush()
  const quiet = Array.from({ length: 30 * 24 }, () => 0)
  for (const { id, check } of patrolled.patrol.watches.values())
    if (check.isOn && check.name !== 'nightly-backup') shown.past(id, quiet)
  shown.past(
    'checkout',
    quiet.map((_, hour) => (hour === 700 ? 14 : hour === 701 ? 118 : hour === 300 ? 3 : 0)),
  )
  shown.past(
    'search',
    quiet.map((_, hour) => (hour % 97 === 5 ? 2 : 0)),
  )
  shown.past('mail', quiet.slice(0, 9))
  answers['checkout'] = {
    verdict: 'fail',
    reason: 'status',
    message: '503 Service Unavailable, expected 200',
    metrics: { total_seconds: 1.204, days_left: 61.4 },
    evidence: 'HTTP/1.1 503 Service Unavailable\r\nserver: nginx\r\nretry-after: 120\r\n\r\n<h1>We will be back soon</h1>',
  }
  answers['search'] = { ...well('the certificate ends in 9 days', 91, { days_left: 9.2 }), verdict: 'warn', reason: 'expiring' }
  answers['recommendations'] = { verdict: 'unknown', reason: 'dns', message: 'recommend.internal: the name does not exist' }
  answers['router'] = { verdict: 'fail', reason: 'no-answer', message: '0 of 3 answers within 2s' }
  await patrolled.clock.advance(90_000)
  patrolled.recorder.flush()
  // The clock stands still while they look.
  patrolled.history.database.exec('UPDATE result SET ms = 30 + (at / 1000 * 7919) % 23; UPDATE failure SET ms = 1204')
  return shown
}

/** As many checks as a page has to take: a few of them not well. */
export async function many(directory: string, count: number): Promise<ShownPatrol> {
  const shown = new ShownPatrol(directory)
  const { patrolled } = shown
  const groups = ['shop', 'payment', 'search', 'mail', 'identity', 'storage', 'network', 'reporting', 'partners', 'intranet']
  const checks = Array.from({ length: count }, (_, index) => {
    const group = groups[index % groups.length] ?? ''
    const name = `${group}-${String(Math.floor(index / groups.length)).padStart(3, '0')}`
    const sla = (['P0', 'P1', 'P1', 'P2'] as const)[Math.floor(index / groups.length) % 4] ?? 'P1'
    patrolled.answers[name] =
      index % 97 === 0
        ? { verdict: 'fail', reason: 'refused', message: 'connection refused' }
        : index % 89 === 0
          ? { ...well('the certificate ends in 9 days', 91, { days_left: 9.2 }), verdict: 'warn', reason: 'expiring' }
          : well(`200 OK in ${20 + (index % 70)} ms`, 20 + (index % 70), { days_left: 20 + (index % 60) })
    return { ...patrolled.check(name, { sla, intervalMs: 30_000 }), type: 'http', labels: { group } }
  })
  patrolled.patrol.apply(checks)
  await patrolled.clock.advance(60_000)
  patrolled.recorder.flush()
  const { database } = patrolled.history
  database.exec('BEGIN')
  for (const [index, id] of [...patrolled.patrol.watches.keys()].entries())
    shown.past(
      id,
      Array.from({ length: 30 * 24 }, (_, hour) => ((hour * 7 + index) % 211 === 0 ? 4 : 0)),
    )
  database.exec('COMMIT')
  return shown
}
