import type { GiveWay } from '../../core/clock.ts'
import type { Context } from '../../core/context.ts'
import { type AskedCheck, hostSelector, type ProbedCheck, type SelectHosts, withHosts } from '../../probe/index.ts'
import type { ServeOptions } from '../options.ts'
import type { WatchedCheck } from '../watch.ts'
import { type SourcedCheck, versionOf } from './read-checks.ts'

interface Wanted {
  /** Names of those that are switched off. */
  readonly off: ReadonlySet<string>
  readonly giveWay?: GiveWay
}

/** Makes checks ready to be watched: with their hosts, by the inventory as it is when the first of them needs it. */
export class WatchedChecks {
  readonly #context: Context
  readonly #options: Parameters<typeof withHosts>[2]
  readonly #select: SelectHosts
  /** Those that look at no hosts are the same whatever the inventory says. */
  readonly #ofNoHosts: WeakMap<AskedCheck, WatchedCheck>
  readonly #ofHosts = new WeakMap<AskedCheck, WatchedCheck>()

  /** `before`: by an older inventory. */
  constructor(context: Context, options: ServeOptions, before?: WatchedChecks) {
    this.#context = context
    this.#options = { ...options, check: [], concurrency: options.workers, deadline: 0 }
    this.#select = hostSelector(context, this.#options)
    this.#ofNoHosts = before ? before.#ofNoHosts : new WeakMap()
  }

  /** What is watched of all depends on the share of each: none can be taken by itself. */
  get isShare(): boolean {
    return this.#options.shard !== undefined
  }

  /** @throws OpsError E_NO_TARGETS, E_INVENTORY, E_NODE_SET */
  async of(checks: readonly SourcedCheck[], { off, giveWay }: Wanted): Promise<WatchedCheck[]> {
    const shared = this.isShare ? await this.#share(checks) : undefined
    const watched: WatchedCheck[] = []
    for (const sourced of checks) {
      const { name } = sourced.check
      const made = shared ? shared.get(name) : await this.#made(sourced)
      if (made) watched.push(off.has(name) ? { ...made, isOn: false } : made)
      await giveWay?.()
    }
    return watched
  }

  async #made({ check, source }: SourcedCheck): Promise<WatchedCheck | undefined> {
    const known = this.#ofNoHosts.get(check) ?? this.#ofHosts.get(check)
    if (known?.source === source) return known
    const [probed] = await withHosts(this.#context, [check], { ...this.#options, select: this.#select })
    if (!probed) return undefined
    const made = watchedOf(probed, source)
    const cache = probed.hosts === undefined ? this.#ofNoHosts : this.#ofHosts
    cache.set(check, made)
    return made
  }

  async #share(checks: readonly SourcedCheck[]): Promise<Map<string, WatchedCheck>> {
    const asked = checks.map(({ check }) => check)
    const sources = new Map(checks.map(({ check, source }) => [check.name, source]))
    const probed = await withHosts(this.#context, asked, { ...this.#options, select: this.#select })
    return new Map(probed.map(each => [each.name, watchedOf(each, sources.get(each.name) ?? '')]))
  }
}

const watchedOf = (probed: ProbedCheck, source: string): WatchedCheck => ({
  ...probed,
  version: versionOf(probed),
  source,
  isOn: true,
})
