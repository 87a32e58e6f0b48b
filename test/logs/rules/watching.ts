import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseYamlDocument } from '../../../src/lib/config/yaml-document.ts'
import type { Alert } from '../../../src/lib/core/alert.ts'
import { FileNode } from '../../../src/lib/core/file-node.ts'
import { Problems } from '../../../src/lib/core/file-problems.ts'
import type { Json } from '../../../src/lib/core/json.ts'
import { Records } from '../../../src/lib/logs/records.ts'
import { type RuleList, readRuleList } from '../../../src/lib/logs/rules/file/read-rule-list.ts'
import { RulesWatch } from '../../../src/lib/logs/rules/watch/rules-watch.ts'
import { FakeClock } from '../../helpers/fake-clock.ts'

/** Reads rules as a pipeline does. @throws OpsError E_CONFIG */
export function rulesOf(text: string, sources: readonly string[] = ['web', 'api']): RuleList | undefined {
  const document = parseYamlDocument(text, 'pipeline.yaml', 'E_CONFIG')
  const problems = new Problems({ document, path: 'pipeline.yaml', code: 'E_CONFIG' })
  const top = new FileNode(document.value, problems)
  const list = readRuleList({ rules: top.child('rules'), alerts: top.child('alerts'), sources })
  problems.throwAny()
  return list
}

type RecordOf = Readonly<Record<string, Json>>

interface Seen {
  readonly ago?: number
  readonly source?: string
  readonly stream?: string
  readonly id?: string
}

/** Rules at work on what a test says, by a clock that stands still. */
export class Watching implements AsyncDisposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'opsctl-rules-'))
  readonly alerts: Alert[] = []
  readonly logged: string[] = []
  clock = new FakeClock()
  refuses = false
  #watch: RulesWatch
  #rules: string
  readonly #sources: readonly string[]
  #chunk = 0

  constructor(rules: string, sources: readonly string[] = ['web']) {
    this.#rules = rules
    this.#sources = sources
    this.#watch = this.#open()
  }

  get watch(): RulesWatch {
    return this.#watch
  }

  /** `firing: summary` of every alert, in order. */
  get told(): string[] {
    return this.alerts.map(({ status, summary }) => `${status}: ${summary}`)
  }

  /** Records with the time of the clock, so many seconds ago, as one chunk. */
  see(records: readonly RecordOf[], { ago = 0, source = 'web', stream = 'access.log', id }: Seen = {}): void {
    const time = new Date(this.clock.now() - 1000 * ago).toISOString()
    this.#watch.see(Records.ofObjects(records.map(record => ({ time, ...record }))), {
      id: id ?? `${stream}:${this.#chunk++}`,
      source,
      title: stream,
    })
  }

  /** Time goes on, second by second, and sources have nothing more to read. */
  async idle(seconds: number, sources: readonly string[] = this.#sources): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      for (const source of sources) this.#watch.idle(source)
      await this.clock.advance(1000)
    }
  }

  /** As after kill -9: nothing is written at the end. */
  kill(rules = this.#rules): void {
    this.#rules = rules
    // Timers of the dead one stand still.
    this.clock = new FakeClock(this.clock.now())
    this.#watch = this.#open()
  }

  /** As after SIGTERM, so many seconds later. */
  async restart(rules = this.#rules, seconds = 0): Promise<void> {
    await this.#watch[Symbol.asyncDispose]()
    await this.clock.advance(1000 * seconds)
    this.kill(rules)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#watch[Symbol.asyncDispose]()
    rmSync(this.directory, { recursive: true })
  }

  #open(): RulesWatch {
    return new RulesWatch({
      rules: rulesOf(`rules:\n${this.#rules}`, this.#sources)?.rules ?? [],
      clock: this.clock,
      log: (level, message) => void this.logged.push(`${level}: ${message}`),
      path: join(this.directory, 'rules.json'),
      sources: this.#sources,
      raise: async alerts => {
        if (this.refuses) throw new Error('the disk is full')
        this.alerts.push(...alerts)
      },
    })
  }
}

export const times = (count: number, record: RecordOf): RecordOf[] => new Array(count).fill(record)
