import { describe, expect, test } from 'bun:test'
import { copyFileSync, existsSync, readdirSync, readFileSync, renameSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { readDeadLetters } from '../../src/lib/logs/delivery/dead-letters.ts'
import type { LedgerRow } from '../../src/lib/logs/store/rows.ts'
import { Store } from '../../src/lib/logs/store/store.ts'
import { counted } from '../helpers/counts.ts'
import { needs } from '../helpers/needs.ts'
import { type OpsctlEnd, opsctl, startOpsctl } from '../helpers/opsctl.ts'
import { type TempDir, tempDir } from '../helpers/temp-dir.ts'
import { tinyDisk } from '../helpers/tiny-disk.ts'
import { seeded } from '../journal/seeded.ts'
import { NumberedLines, repeatsIn } from '../logs/numbered-lines.ts'
import { HostileServer } from '../logs/sinks/hostile-server.ts'

const kills = counted({ reduced: 12, full: 250 })
/** Less than both spools may take. */
const diskBytes = 24 * 1024 * 1024
const timeoutMs = 180_000 + kills * 8000

/** A pipeline to two servers that do what they want, on a small disk, of a log that is written, rotated and never the same. */
class Siege implements AsyncDisposable {
  readonly random = seeded(20_261_124)
  readonly lines = new NumberedLines(this.random)
  readonly #home: TempDir
  readonly #disk: TempDir
  readonly server: HostileServer
  #rotations = 0

  private constructor(parts: { home: TempDir; disk: TempDir }, server: HostileServer) {
    this.#home = parts.home
    this.#disk = parts.disk
    this.server = server
  }

  static async begin(): Promise<Siege> {
    const [home, disk] = [await tempDir(), await tinyDisk(diskBytes)]
    const siege = new Siege({ home, disk }, await HostileServer.start(seeded(7)))
    const limits = { batch_records: 500, compression: 'none' }
    await writeFile(
      siege.path('pipeline.yaml'),
      JSON.stringify({
        sources: { app: { type: 'file', paths: [siege.path('app.log*')], format: 'json' } },
        sinks: {
          hook: { type: 'http', url: siege.server.url, ...limits },
          search: { type: 'elasticsearch', url: siege.server.url, index: 'app', ...limits },
        },
        spool: { max: '16MiB' },
      }),
    )
    return siege
  }

  path(name: string): string {
    return join(this.#home.path, name)
  }

  /** Lives for so long while its log grows and is rotated, its disk full for some of the time, and is killed. */
  async live(ms: number): Promise<void> {
    const run = await startOpsctl(['ship-logs', '-f', 'pipeline.yaml', '--follow'], this.#options)
    const end = performance.now() + ms
    const isTight = this.random() < 0.25
    while (performance.now() < end) {
      this.lines.append(this.path('app.log'), 1 + Math.floor(this.random() * 200))
      if (this.random() < 0.05) this.#rotate()
      if (isTight && this.random() < 0.1) this.#fill()
      await Bun.sleep(this.random() * 15)
    }
    run.kill('SIGKILL')
    await run.ended
    await rm(this.#filler, { force: true })
  }

  /** Reads and delivers all that is there. */
  finish(): Promise<OpsctlEnd> {
    return opsctl(['ship-logs', '-f', 'pipeline.yaml'], this.#options)
  }

  ledger(): LedgerRow[] {
    if (!existsSync(join(this.#state, 'state.db'))) return []
    try {
      using store = new Store(join(this.#state, 'state.db'), { onlyLooks: true })
      return store.ledger()
    } catch (error) {
      // Between its making and its first table.
      if (String(error).includes('is of form 0')) return []
      throw error
    }
  }

  /** The numbers of the dead letters of a sink, as often as they are there. */
  async buried(sink: string): Promise<number[]> {
    const numbers: number[] = []
    for await (const { letter } of readDeadLetters(join(this.#state, 'dead'), { sink })) numbers.push(JSON.parse(letter.record).n)
    return numbers
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]()
    await this.#disk[Symbol.asyncDispose]()
    await this.#home[Symbol.asyncDispose]()
  }

  get #options() {
    const home = this.#home.path
    return { home, cwd: home, env: { XDG_STATE_HOME: this.#disk.path }, deadlineMs: 150_000 }
  }

  get #state(): string {
    const all = join(this.#disk.path, 'opsctl/ship-logs')
    const [name = ''] = existsSync(all) ? readdirSync(all) : []
    return join(all, name)
  }

  get #filler(): string {
    return join(this.#disk.path, 'filler')
  }

  /** But for some bytes, so that it fills at another place each time. */
  #fill(): void {
    try {
      writeFileSync(this.#filler, Buffer.alloc(diskBytes))
    } catch {
      truncateSync(this.#filler, Math.max(0, readFileSync(this.#filler).length - Math.floor(this.random() * 200_000)))
    }
  }

  #rotate(): void {
    const [log, old] = [this.path('app.log'), this.path(`app.log.${++this.#rotations}`)]
    if (!existsSync(log)) return
    const how = this.random()
    if (how < 0.4) {
      copyFileSync(log, old)
      truncateSync(log)
      return
    }
    renameSync(log, old)
    if (how < 0.7) return
    writeFileSync(`${old}.gz`, gzipSync(readFileSync(old)))
    unlinkSync(old)
  }
}

const isBalanced = ({ records, delivered, dead, spooled, dropped }: LedgerRow): boolean =>
  records === delivered + dead + spooled + dropped

const missingIn = (numbers: ReadonlySet<number>, written: number): number[] =>
  Array.from({ length: written }, (_, number) => number).filter(number => !numbers.has(number))

describe.skipIf(!needs('mount'))('opsctl ship-logs', () => {
  test(
    `loses nothing of a log that is rotated, whatever its sinks do, its disk full now and then, killed ${kills} times`,
    async () => {
      await using siege = await Siege.begin()
      const { server, lines } = siege
      for (let kill = 1; kill <= kills; kill++) {
        await siege.live(200 + siege.random() * 900)
        for (const row of siege.ledger()) expect({ kill, row }).toSatisfy(each => isBalanced(each.row))
      }
      server.isKind = true
      const { code, stderr } = await siege.finish()
      expect([0, 1], stderr).toContain(code ?? -1)
      const { written } = lines
      expect(missingIn(new Set(server.taken), written)).toEqual([])
      const { episodes } = repeatsIn(server.taken)
      expect(episodes).toBeLessThanOrEqual(kills + server.silent)
      const buried = await siege.buried('search')
      expect(missingIn(new Set([...server.indexed.values(), ...buried]), written)).toEqual([])
      expect(siege.ledger()).toMatchObject([
        { sink: 'hook', records: written, delivered: written, dead: 0, spooled: 0, dropped: 0 },
        { sink: 'search', records: written, dead: buried.length, delivered: written - buried.length, spooled: 0, dropped: 0 },
      ])
    },
    timeoutMs,
  )
})
