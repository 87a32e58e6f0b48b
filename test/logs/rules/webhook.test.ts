import { describe, expect, test } from 'bun:test'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { accept, answerWith, Receiver } from '../../alert/receiver.ts'
import { opsctlProgram } from '../../helpers/opsctl.ts'
import { poll } from '../../helpers/poll.ts'
import { tempDir } from '../../helpers/temp-dir.ts'

const pipeline = (sink: string): string => `
sources:
  web: { type: file, paths: [access.log], format: combined }
sinks:
  out: { ${sink} }
alerts: alerts.yaml
rules:
  shop: { when: 5xx share > 10 % over 4s, at_least: 20, resolve_after: 1s, severity: critical, labels: { team: shop } }
`
const alerts = (url: string): string => `
channels:
  ops: { type: webhook, url: ${JSON.stringify(url)} }
routes:
  - { to: ops }
`
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** As nginx writes it now. */
function line(status: number): string {
  const [, year, month, day, time] = /^(\d+)-(\d+)-(\d+)T([\d:]+)/.exec(new Date().toISOString()) ?? []
  return `198.51.100.7 - - [${day}/${months[Number(month) - 1]}/${year}:${time} +0000] "GET /pay HTTP/1.1" ${status} 12 "-" "curl/8.5"\n`
}

class Shop implements AsyncDisposable {
  readonly #directory: string
  #child: Bun.Subprocess<'ignore', 'ignore', 'ignore'> | undefined

  private constructor(
    readonly receiver: Receiver,
    directory: string,
    readonly remove: () => Promise<void>,
  ) {
    this.#directory = directory
  }

  static async open(): Promise<Shop> {
    const [receiver, directory] = [await Receiver.start(), await tempDir()]
    const shop = new Shop(receiver, directory.path, async () => await directory[Symbol.asyncDispose]())
    writeFileSync(join(directory.path, 'alerts.yaml'), alerts(receiver.url))
    writeFileSync(join(directory.path, 'access.log'), '')
    return shop
  }

  start(sink: 'up' | 'down' = 'up'): void {
    writeFileSync(
      join(this.#directory, 'pipeline.yaml'),
      pipeline(sink === 'up' ? 'type: file, path: out.ndjson' : 'type: http, url: "http://127.0.0.1:1/"'),
    )
    this.#child = Bun.spawn([opsctlProgram(), 'ship-logs', '-f', 'pipeline.yaml', '--follow'], {
      cwd: this.#directory,
      env: { PATH: process.env['PATH'] ?? '', HOME: this.#directory, XDG_STATE_HOME: join(this.#directory, 'state') },
      stdout: 'ignore',
      stderr: 'ignore',
    })
  }

  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL')
    await this.#child?.exited
  }

  log(count: number, status: number): void {
    appendFileSync(join(this.#directory, 'access.log'), line(status).repeat(count))
  }

  /** What arrived; an attempt that a kill cut short is made again, under the same key. */
  get told(): string[] {
    const byKey = new Map(this.receiver.accepted.map(({ key, body }) => [key, String(body['status'])]))
    return [...byKey.values()]
  }

  get incidents(): Set<unknown> {
    return new Set(this.receiver.accepted.map(({ body }) => body['incident']))
  }

  /** Writes good lines until so much was told. */
  async until(told: number, status = 200): Promise<void> {
    await poll(`${told} alerts arrive`, 40_000, async () => {
      this.log(10, status)
      await Bun.sleep(100)
      return this.told.length >= told
    })
  }

  /** Of its state: the records have been delivered. */
  async delivered(count: number): Promise<void> {
    await poll(`${count} records are delivered`, 40_000, () => this.records >= count)
  }

  get records(): number {
    return readFileSync(join(this.#directory, 'out.ndjson'), { encoding: 'utf8', flag: 'a+' }).split('\n').length - 1
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    await this.receiver[Symbol.asyncDispose]()
    await this.remove()
  }
}

describe('a rule of a pipeline that runs', () => {
  test('is told to a webhook within 2 s of the line that crosses it, once, and once when it is over', async () => {
    await using shop = await Shop.open()
    shop.start()
    // Its start may take longer than a window.
    shop.log(1, 200)
    await shop.delivered(1)
    shop.log(90, 200)
    shop.log(9, 502)
    await shop.delivered(100)
    expect(shop.told).toEqual([])
    const began = performance.now()
    shop.log(5, 502)
    await poll('the alert arrives', 20_000, () => shop.told.length === 1)
    expect(performance.now() - began).toBeLessThan(2000)
    expect(shop.receiver.accepted[0]?.body).toMatchObject({
      status: 'firing',
      severity: 'critical',
      summary: expect.stringMatching(/^5xx share of shop is \d.* % \(\d+ of \d+\) over 4s, more than 10 %$/),
      detail: expect.stringContaining('"path":"/pay"'),
      labels: { rule: 'shop', team: 'shop' },
    })
    await shop.until(2)
    expect(shop.receiver.accepted.map(({ body }) => body['status'])).toEqual(['firing', 'resolved'])
    expect(shop.incidents.size).toBe(1)
  }, 90_000)

  test('is told once, and is over once, whatever is killed between', async () => {
    await using shop = await Shop.open()
    shop.start()
    shop.log(50, 502)
    await poll('the alert arrives', 30_000, () => shop.told.length === 1)
    for (let round = 0; round < 3; round++) {
      await shop.kill()
      shop.log(50, 502)
      shop.start()
      await shop.delivered(50 * (round + 2))
    }
    expect(shop.told).toEqual(['firing'])
    await shop.kill()
    shop.start()
    await shop.until(2)
    await shop.kill()
    shop.start()
    const before = shop.records
    shop.log(100, 200)
    await shop.delivered(before + 100)
    expect(shop.told).toEqual(['firing', 'resolved'])
    expect(shop.incidents.size).toBe(1)
  }, 120_000)

  test('is told while the sink of the records is down, and while the webhook was', async () => {
    await using shop = await Shop.open()
    shop.receiver.answer = answerWith(503)
    shop.start('down')
    shop.log(50, 502)
    await poll('the webhook is asked', 30_000, () => shop.receiver.all.length > 0)
    await shop.kill()
    shop.receiver.answer = accept
    // The lines are not delivered: they are read again.
    shop.start('down')
    await poll('the alert arrives', 30_000, () => shop.told.length === 1)
    await shop.until(2)
    expect(shop.told).toEqual(['firing', 'resolved'])
    expect(shop.incidents.size).toBe(1)
  }, 120_000)
})
