import { dirname, join } from 'node:path'
import type { Alert } from '../../../core/alert.ts'
import type { Clock } from '../../../core/clock.ts'
import type { Log } from '../../../core/io.ts'
import type { RecordsOrigin, RuleWatch } from '../../pipeline/stages.ts'
import type { Records } from '../../records.ts'
import { MomentReader } from '../line/moment.ts'
import { FieldNames, RecordLine } from '../line/record-line.ts'
import type { Rule } from '../rule.ts'
import { AbsentRule } from './absent-rule.ts'
import { EachLineRule } from './each-line-rule.ts'
import { exampleFields } from './examples.ts'
import { IncidentBook } from './incident-book.ts'
import { type KeptWindows, noWindows, readWindows, writeWindows } from './kept-windows.ts'
import type { RuleTools } from './rule-tools.ts'
import { SourceClocks } from './source-clocks.ts'
import type { RulesStatus, WatchedRule } from './watched-rule.ts'
import { WindowedRule } from './windowed-rule.ts'

export interface RulesWatchOptions {
  readonly rules: readonly Rule[]
  readonly clock: Clock
  readonly log: Log
  /** Where it remembers: a file. */
  readonly path: string
  /** Names of the sources that there are. */
  readonly sources: readonly string[]
  /** Takes alerts into care. Absent: nobody is told. */
  readonly raise?: (alerts: readonly Alert[]) => Promise<void>
  /** When nothing is raised any more. */
  readonly close?: () => Promise<void>
}

const tickMs = 1000
/** Clocks of hosts differ by so much. */
const aheadMs = 60_000
const rememberEveryMs = 10_000

/** All rules of a pipeline at work. */
export class RulesWatch implements RuleWatch {
  readonly #options: RulesWatchOptions
  readonly #rules: readonly WatchedRule[]
  readonly #book: IncidentBook
  readonly #clocks: SourceClocks
  readonly #line: RecordLine
  readonly #moments = new MomentReader()
  readonly #timeField: number
  readonly #fields: FieldNames
  readonly #bySource = new Map<string, readonly WatchedRule[]>()
  /** Streams of which what is read is old. */
  readonly #replays = new Map<string, number>()
  #cancelTick: () => void = () => undefined
  #rememberedAt = 0
  #isClosed = false
  #records = 0
  #timeless = 0
  #ahead = 0
  #failures = 0

  constructor(options: RulesWatchOptions) {
    this.#options = options
    const { rules, clock, log, sources } = options
    this.#book = new IncidentBook(options)
    const windows = this.#readWindows()
    this.#clocks = new SourceClocks(sources, windows.streams)
    const fields = new FieldNames()
    this.#fields = fields
    this.#timeField = fields.of('time')
    const tools: RuleTools = { fields, book: this.#book, clocks: this.#clocks, log, startedAt: clock.now(), windows }
    this.#endForgotten()
    this.#rules = rules.map(rule => watched(rule, tools))
    this.#line = new RecordLine(fields.all)
    this.#tickLater()
  }

  see(records: Records, origin: RecordsOrigin): void {
    if (records.count === 0 || this.#isClosed || this.#clocks.isSeen(origin)) return
    try {
      this.#look(records, origin)
    } catch (error) {
      // What is wrong with rules must not keep records from where they go.
      if (this.#failures++ === 0)
        this.#options.log('error', 'rules could not look at records', { origin: origin.id, problem: String(error) })
    }
    this.#book.flush()
  }

  #look(records: Records, origin: RecordsOrigin): void {
    const line = this.#line
    const now = this.#options.clock.now()
    const rules = this.#rulesOf(origin.source)
    let watermark = this.#clocks.watermark(origin)
    for (const rule of rules) rule.begin({ origin, now })
    line.open(records.lines)
    const size = line.bytes.length
    for (let at = 0; at < size; ) {
      at = line.go(at)
      const time = this.#timeOf(line, now)
      if (time > watermark) watermark = time
      for (let k = 0; k < rules.length; k++) (rules[k] as WatchedRule).see(line, time, watermark)
    }
    this.#records += records.count
    this.#clocks.saw(origin, watermark)
    for (const rule of rules) rule.settle()
    this.#noteReplay(origin, { watermark, now, count: records.count })
  }

  get wants(): readonly string[] | undefined {
    return this.#fields.isWhole ? undefined : [...this.#fields.all, ...exampleFields]
  }

  idle(source: string): void {
    this.#clocks.idle(source)
  }

  status(): RulesStatus {
    const { openCount, opened, resolved } = this.#book
    return {
      records: this.#records,
      timeless: this.#timeless,
      ahead: this.#ahead,
      failures: this.#failures,
      incidents: { open: openCount, opened, resolved },
      rules: this.#rules.map(rule => rule.status()),
    }
  }

  /** Looks at what time alone changes. */
  tick(): void {
    const now = this.#options.clock.now()
    for (const rule of this.#rules) rule.tick(now)
    if (now - this.#rememberedAt >= rememberEveryMs) this.#remember(now)
    this.#book.flush()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#cancelTick()
    this.#remember(this.#options.clock.now())
    await this.#book.close()
    await this.#options.close?.()
  }

  #timeOf(line: RecordLine, now: number): number {
    const from = line.start(this.#timeField)
    const time = from < 0 ? Number.NaN : this.#moments.read(line.bytes, from, line.end(this.#timeField))
    if (time <= now + aheadMs) return time
    if (time > now) this.#ahead++
    else this.#timeless++
    return now
  }

  #rulesOf(source: string): readonly WatchedRule[] {
    const known = this.#bySource.get(source)
    if (known) return known
    const rules = this.#rules.filter(({ rule }) => rule.sources?.includes(source) ?? true)
    this.#bySource.set(source, rules)
    return rules
  }

  #tickLater(): void {
    this.#cancelTick = this.#options.clock.timer(
      tickMs,
      () => {
        if (this.#isClosed) return
        this.tick()
        this.#tickLater()
      },
      { background: true },
    )
  }

  #remember(now: number): void {
    this.#rememberedAt = now
    const absent = this.#rules.filter(rule => rule instanceof AbsentRule)
    if (absent.length > 0) this.#book.remember(Object.fromEntries(absent.map(each => [each.rule.name, each.lastSeen])))
    const windowed = this.#rules.filter(rule => rule instanceof WindowedRule)
    if (windowed.length === 0) return
    const rules = Object.fromEntries(windowed.map(each => [each.rule.name, each.kept()]))
    try {
      writeWindows(this.#windowsPath, { form: 1, at: now, streams: this.#clocks.streams, rules })
    } catch (error) {
      this.#options.log('debug', 'windows of rules can not be kept', { problem: String(error) })
    }
  }

  get #windowsPath(): string {
    return join(dirname(this.#options.path), 'windows.json')
  }

  /** Without them windows begin anew. */
  #readWindows(): KeptWindows {
    try {
      return readWindows(this.#windowsPath)
    } catch (error) {
      this.#options.log('warn', 'windows of rules begin anew: what was kept can not be read', { problem: String(error) })
      return noWindows
    }
  }

  /** Incidents of rules that are not there any more are over. */
  #endForgotten(): void {
    const { rules, clock } = this.#options
    for (const incident of [...this.#book.open()]) {
      if (rules.some(({ name }) => name === incident.rule)) continue
      this.#book.end(incident, { summary: `${incident.firing.summary}: the rule is not there any more`, endedAt: clock.now() })
    }
    this.#book.flush()
  }

  #noteReplay(
    { source, title }: RecordsOrigin,
    { watermark, now, count }: { readonly watermark: number; readonly now: number; readonly count: number },
  ): void {
    const key = `${source}\0${title}`
    const before = this.#replays.get(key)
    const staleAfterMs = Math.max(0, ...this.#rules.map(({ rule }) => rule.staleAfterMs))
    if (watermark < now - staleAfterMs) {
      if (before === undefined)
        this.#options.log('info', 'what is read is old: rules tell nobody of it', { source, stream: title })
      this.#replays.set(key, (before ?? 0) + count)
    } else if (before !== undefined) {
      this.#replays.delete(key)
      this.#options.log('info', 'rules watch what is read from here on', { source, stream: title, replayed: before })
    }
  }
}

function watched(rule: Rule, tools: RuleTools): WatchedRule {
  const { measure } = rule
  if (measure.kind === 'absence') return new AbsentRule(rule, measure, tools)
  if (measure.kind === 'lines') return new EachLineRule(rule, measure, tools)
  return new WindowedRule(rule, measure, tools)
}
