import { describe, expect, test } from 'bun:test'
import { existsSync, readdirSync } from 'node:fs'
import { rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LedgerRow } from '../../src/lib/logs/store/rows.ts'
import { Store } from '../../src/lib/logs/store/store.ts'
import { counted } from '../helpers/counts.ts'
import { needs } from '../helpers/needs.ts'
import { type OpsctlRun, opsctl, startOpsctl } from '../helpers/opsctl.ts'
import { poll } from '../helpers/poll.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { tinyDisk } from '../helpers/tiny-disk.ts'
import { seeded } from '../journal/seeded.ts'
import { arrived, NumberedLines } from '../logs/numbered-lines.ts'

const kills = counted({ reduced: 6, full: 200 })
const timeoutMs = 120_000 + kills * 5000

/** A pipeline that is killed and comes back while its log grows. */
class Shipping {
  readonly random = seeded(20_260_911)
  readonly lines = new NumberedLines(this.random)
  readonly #home: string
  readonly #env: Record<string, string>

  constructor(home: string, state = home) {
    this.#home = home
    this.#env = { XDG_STATE_HOME: join(state, 'state') }
  }

  path(name: string): string {
    return join(this.#home, name)
  }

  async describe(sinks: Readonly<Record<string, string>>, besides: object = {}): Promise<void> {
    const pipeline = {
      sources: { app: { type: 'file', paths: [this.path('app.log')], format: 'json' } },
      sinks: Object.fromEntries(Object.entries(sinks).map(([name, path]) => [name, { type: 'file', path }])),
      ...besides,
    }
    await writeFile(this.path('pipeline.yaml'), JSON.stringify(pipeline))
  }

  start(flags: readonly string[] = ['--follow']): Promise<OpsctlRun> {
    const options = { home: this.#home, cwd: this.#home, env: this.#env, deadlineMs: 100_000 }
    return startOpsctl(['ship-logs', '-f', 'pipeline.yaml', ...flags], options)
  }

  /** Lives for so long, and until something has happened, while the log grows; and is killed. */
  async live(ms: number, hasHappened: () => boolean = () => true): Promise<void> {
    const run = await this.start()
    const end = performance.now() + ms
    for (const patience = end + 60_000; performance.now() < end || !hasHappened(); ) {
      if (performance.now() > patience) throw new Error(`it did not happen: ${run.stderr()}`)
      this.lines.append(this.path('app.log'), 1 + Math.floor(this.random() * 300))
      await Bun.sleep(this.random() * 10)
    }
    run.kill('SIGKILL')
    await run.ended
  }

  /** Reads and delivers all that is there. */
  finish() {
    const options = { home: this.#home, cwd: this.#home, env: this.#env, deadlineMs: 100_000 }
    return opsctl(['ship-logs', '-f', 'pipeline.yaml'], options)
  }

  delivered(name: string): number {
    return this.ledger().find(({ sink }) => sink === name)?.delivered ?? 0
  }

  spooled(name: string): number {
    return this.ledger().find(({ sink }) => sink === name)?.spooled ?? 0
  }

  ledger(): LedgerRow[] {
    const directory = join(this.#env['XDG_STATE_HOME'] ?? '', 'opsctl/ship-logs')
    const [name] = existsSync(directory) ? readdirSync(directory) : []
    if (name === undefined || !existsSync(join(directory, name, 'state.db'))) return []
    try {
      using store = new Store(join(directory, name, 'state.db'), { onlyLooks: true })
      return store.ledger()
    } catch (error) {
      // Between its making and its first table.
      if (String(error).includes('is of form 0')) return []
      throw error
    }
  }
}

const isBalanced = ({ records, delivered, dead, spooled, dropped }: LedgerRow): boolean =>
  records === delivered + dead + spooled + dropped

describe('opsctl ship-logs', () => {
  test(
    `loses no line when it is killed ${kills} times, and repeats at most what was under way`,
    async () => {
      await using directory = await tempDir()
      const shipping = new Shipping(directory.path)
      await shipping.describe({ out: shipping.path('out.ndjson') })
      shipping.lines.append(shipping.path('app.log'), 20_000)
      for (let kill = 1; kill <= kills; kill++) {
        await shipping.live(150 + shipping.random() * 350)
        for (const row of shipping.ledger()) expect(row).toSatisfy(isBalanced)
      }
      expect(await shipping.finish()).toMatchObject({ code: 0 })
      const { written } = shipping.lines
      const { missing, repeats, torn } = arrived([shipping.path('out.ndjson')], written)
      expect(missing).toEqual([])
      expect(repeats).toBeLessThanOrEqual(kills)
      expect(torn).toBeLessThanOrEqual(kills)
      expect(shipping.ledger()).toMatchObject([{ records: written, delivered: written, dead: 0, spooled: 0, dropped: 0 }])
    },
    timeoutMs,
  )

  test.skipIf(!needs('mount'))(
    'puts by what a full disk does not take, beside a sink that gets everything, and delivers it when there is room',
    async () => {
      await using directory = await tempDir()
      await using disk = await tinyDisk(256 * 1024)
      const shipping = new Shipping(directory.path)
      await shipping.describe({ out: shipping.path('out.ndjson'), full: join(disk.path, 'full.ndjson') })
      // More than waits in memory, so that the sink that takes everything goes on over the spool of the other.
      shipping.lines.append(shipping.path('app.log'), 150_000)
      const rounds = counted({ reduced: 3, full: 30 })
      for (let kill = 1; kill <= rounds; kill++) {
        // A busy disk takes its time to make a spool.
        await shipping.live(500 + shipping.random() * 2000, () => shipping.spooled('full') > 0)
        for (const row of shipping.ledger()) expect(row).toSatisfy(isBalanced)
      }
      expect(arrived([shipping.path('out.ndjson')], 0).torn).toBeLessThanOrEqual(rounds)
      Bun.spawnSync(['mount', '-o', 'remount,size=512m', disk.path])
      expect(await shipping.finish()).toMatchObject({ code: 0 })
      const { written } = shipping.lines
      for (const path of [shipping.path('out.ndjson'), join(disk.path, 'full.ndjson')])
        expect(arrived([path], written).missing).toEqual([])
      expect(shipping.ledger().map(({ records, delivered }) => [records, delivered])).toEqual([
        [written, written],
        [written, written],
      ])
    },
    timeoutMs,
  )

  test.skipIf(!needs('mount'))(
    'waits where the disk of its own memory is full, says so once, and goes on when there is room',
    async () => {
      await using directory = await tempDir()
      await using disk = await tinyDisk(2 * 1024 * 1024)
      const shipping = new Shipping(directory.path, disk.path)
      await shipping.describe({ out: shipping.path('out.ndjson') })
      shipping.lines.append(shipping.path('app.log'), 100)
      expect(await shipping.finish()).toMatchObject({ code: 0 })
      const filler = join(disk.path, 'filler')
      for (let bytes = 1024 * 1024; bytes >= 4096; bytes /= 2)
        await writeFile(filler, Buffer.alloc(bytes), { flag: 'a' }).catch(() => {})
      // Enough to begin with.
      await truncate(filler, (await stat(filler)).size - 100 * 1024)
      shipping.lines.append(shipping.path('app.log'), 400_000)
      const run = await shipping.start([])
      await run.until(/the disk takes nothing/)
      await rm(filler)
      const { code, stderr } = await run.ended
      expect(code).toBe(0)
      expect(stderr).toContain('the disk is well again')
      expect(arrived([shipping.path('out.ndjson')], shipping.lines.written).missing).toEqual([])
    },
    120_000,
  )

  test('acknowledges what is under way when it is told to stop, so that nothing is repeated', async () => {
    await using directory = await tempDir()
    const shipping = new Shipping(directory.path)
    await shipping.describe({ out: shipping.path('out.ndjson') })
    shipping.lines.append(shipping.path('app.log'), 50_000)
    for (let stop = 1; stop <= 3; stop++) {
      const run = await shipping.start()
      const before = shipping.delivered('out')
      shipping.lines.append(shipping.path('app.log'), 20_000)
      await poll('something is delivered', 30_000, () => shipping.delivered('out') > before)
      run.kill('SIGTERM')
      expect(await run.ended).toMatchObject({ code: 143 })
    }
    expect(await shipping.finish()).toMatchObject({ code: 0 })
    const { written } = shipping.lines
    expect(arrived([shipping.path('out.ndjson')], written)).toEqual({ missing: [], repeats: 0, longestRepeat: 0, torn: 0 })
  }, 120_000)

  test('takes its file anew at SIGHUP, refuses a wrong one, and neither loses nor repeats a line', async () => {
    await using directory = await tempDir()
    const shipping = new Shipping(directory.path)
    await shipping.describe({ out: shipping.path('out.ndjson') })
    shipping.lines.append(shipping.path('app.log'), 5000)
    const run = await shipping.start()
    const all = (name: string) => poll(`${name} has all`, 30_000, () => shipping.delivered(name) === shipping.lines.written)
    await all('out')
    await shipping.describe({ out: shipping.path('out.ndjson'), two: shipping.path('two.ndjson') })
    run.kill('SIGHUP')
    await run.until(/the pipeline was read anew/)
    shipping.lines.append(shipping.path('app.log'), 5000)
    await all('two')
    await all('out')
    await shipping.describe({ out: '' })
    run.kill('SIGHUP')
    await run.until(/the new pipeline is not taken: the old one goes on/)
    shipping.lines.append(shipping.path('app.log'), 100)
    await all('out')
    run.kill('SIGTERM')
    expect(await run.ended).toMatchObject({ code: 143 })
    for (const name of ['out.ndjson', 'two.ndjson'])
      expect(arrived([shipping.path(name)], shipping.lines.written)).toEqual({
        missing: [],
        repeats: 0,
        longestRepeat: 0,
        torn: 0,
      })
  }, 120_000)
})
