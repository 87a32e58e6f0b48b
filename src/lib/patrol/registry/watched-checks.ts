import type { GiveWay } from '../../core/clock.ts'
import type { Context } from '../../core/context.ts'
import { type AskedCheck, hostSelector, type ProbedCheck, type SelectHosts, withHosts } from '../../probe/index.ts'
import type { ServeOptions } from '../options.ts'
import type { WatchedCheck } from '../watch.ts'
import { type SourcedCheck, versionOf } from './read-checks.ts'

interface Versioned {
  readonly probed: ProbedCheck
  readonly version: string
}

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
  readonly #ofNoHosts: WeakMap<AskedCheck, Versioned>
  readonly #ofHosts = new WeakMap<AskedCheck, Versioned>()

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
    const made = this.isShare ? await this.#share(checks) : new Map<string, Versioned>()
    const watched: WatchedCheck[] = []
    for (const { check, source } of checks) {
      const { name } = check
      const found = this.isShare ? made.get(name) : await this.#made(check)
      if (found) watched.push({ ...found.probed, version: found.version, source, isOn: !off.has(name) })
      await giveWay?.()
    }
    return watched
  }

  async #made(check: AskedCheck): Promise<Versioned | undefined> {
    const known = this.#ofNoHosts.get(check) ?? this.#ofHosts.get(check)
    if (known) return known
    const [probed] = await withHosts(this.#context, [check], { ...this.#options, select: this.#select })
    if (!probed) return undefined
    const made = { probed, version: versionOf(probed) }
    const cache = probed.hosts === undefined ? this.#ofNoHosts : this.#ofHosts
    cache.set(check, made)
    return made
  }

  async #share(checks: readonly SourcedCheck[]): Promise<Map<string, Versioned>> {
    const asked = checks.map(({ check }) => check)
    const probed = await withHosts(this.#context, asked, { ...this.#options, select: this.#select })
    return new Map(probed.map(each => [each.name, { probed: each, version: versionOf(each) }]))
  }
}
