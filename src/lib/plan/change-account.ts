import { rfc3339 } from '../core/clock.ts'
import type { Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import type { Host } from '../core/host.ts'
import type { Item } from '../core/item.ts'
import { type Report, ReportFold } from '../core/report.ts'
import { Timeline } from './timeline.ts'

/** What a change speaks of in its report. */
interface Subject {
  readonly title: string
  readonly hosts: readonly Host[]
  readonly signal: AbortSignal
  /** Something of the change stands on a host. */
  changed(): boolean
}

/** What a change has to tell: its items, what happened when, and in the end the report. */
export class ChangeAccount {
  readonly timeline = new Timeline()
  readonly #context: Pick<Context, 'clock' | 'runId' | 'emit'>
  readonly #startedAt: { readonly epoch: number; readonly monotonic: number }
  /** By path: what was undone takes the place of what was changed. */
  readonly #items = new Map<string, Item>()
  /** Hosts that an item speaks of. */
  readonly #told = new Set<string>()

  constructor(context: Pick<Context, 'clock' | 'runId' | 'emit'>) {
    this.#context = context
    this.#startedAt = { epoch: context.clock.now(), monotonic: context.clock.monotonic() }
  }

  async tell(item: Item, group?: 'undo'): Promise<void> {
    this.#items.set(item.path, item)
    if (item.host !== undefined) this.#told.add(item.host)
    this.timeline.told(item, group)
    await this.#context.emit(item)
  }

  /** Every host is in the report, also one that the change did not come to. */
  async tellUntouched(waves: readonly { readonly name: string; readonly hosts: readonly Host[] }[]): Promise<void> {
    const startedAt = rfc3339(this.#context.clock.now())
    const message = 'not touched: the change was stopped before'
    for (const { name: wave, hosts } of waves) {
      for (const { name: host } of hosts.filter(({ name }) => !this.#told.has(name))) {
        const part = { outcome: 'skipped', message, startedAt, durationMs: 0 } as const
        await this.tell({ path: `${wave}/${host}`, host, name: 'change', ...part })
      }
    }
  }

  report(kind: string, { title, hosts, signal, changed }: Subject): Report {
    const fold = new ReportFold()
    for (const item of this.#items.values()) fold.add(item)
    const { clock, runId } = this.#context
    return {
      kind,
      version: 1,
      runId,
      title,
      startedAt: rfc3339(this.#startedAt.epoch),
      durationMs: Math.round(clock.monotonic() - this.#startedAt.monotonic),
      counts: fold.counts,
      items: fold.items(hosts.map(({ name }) => name)),
      omitted: fold.omitted,
      ...this.timeline.report,
      changed: changed(),
      ...(signal.aborted &&
        signal.reason instanceof OpsError && { stopped: { exit: signal.reason.exit, message: signal.reason.message } }),
    }
  }
}
