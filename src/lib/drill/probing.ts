import type { Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import type { Host } from '../core/host.ts'
import { hostNamed, thisMachine } from '../core/host.ts'
import { nearest } from '../core/nearest.ts'
import type { Fleet, FleetOptions } from '../fleet/index.ts'
import type { Playbook } from './playbook/playbook.ts'
import type { ProbeSpec } from './playbook/probes.ts'
import { askProbe } from './verifier/ask-probe.ts'
import { type Answer, Sampler } from './verifier/sampler.ts'
import { Series } from './verifier/series.ts'

interface ProbingParts {
  readonly fleet: Fleet
  readonly probes: readonly ProbeSpec[]
  /** Those that ask, by name. */
  readonly askers: ReadonlyMap<string, Host>
}

const maxWaiting = 32

/** The probes of a drill while it goes on. */
export class Probing implements AsyncDisposable {
  readonly series: readonly Series[]
  readonly #context: Context
  readonly #parts: ProbingParts
  #samplers: readonly Sampler[] = []

  constructor(context: Context, parts: ProbingParts) {
    this.#context = context
    this.#parts = parts
    this.series = parts.probes.map(probe => new Series(probe))
  }

  /** One answer of each probe: before something is broken all have to succeed. */
  once(): Promise<readonly (Answer & { readonly name: string })[]> {
    const { probes, fleet } = this.#parts
    return Promise.all(
      probes.map(async probe => {
        const answer = await this.#ask(probe, fleet.signal).catch(
          (error): Answer => ({ outcome: 'lost', message: error instanceof Error ? error.message : String(error) }),
        )
        return { name: probe.name, ...answer }
      }),
    )
  }

  start(): void {
    const { clock } = this.#context
    this.#samplers = this.#parts.probes.flatMap((probe, index) => {
      const series = this.series[index]
      const atOnce = Math.min(maxWaiting, Math.ceil(probe.timeoutMs / probe.everyMs) + 4)
      return series ? new Sampler({ clock, series, maxWaiting: atOnce, ask: signal => this.#ask(probe, signal) }) : []
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#samplers.map(sampler => sampler[Symbol.asyncDispose]()))
  }

  #ask(probe: ProbeSpec, signal: AbortSignal): Promise<Answer> {
    const { fleet, askers } = this.#parts
    const host = askers.get(probe.from?.name ?? 'localhost') ?? thisMachine
    const { sudo, connector } = fleet
    return askProbe(probe, { clock: this.#context.clock, connector, host, ...(sudo && { sudo }) }, signal)
  }
}

/** The hosts that probes ask from. @throws OpsError E_PLAN for one that the inventory does not know */
export async function askersOf(
  context: Context,
  { probes }: Pick<Playbook, 'probes'>,
  { inventory: sources, sshConfig }: Pick<FleetOptions, 'inventory' | 'sshConfig'>,
): Promise<ReadonlyMap<string, Host>> {
  const asking = probes.flatMap(({ from }) => from ?? [])
  if (asking.length === 0) return new Map()
  const { hosts } = await context.inventory({ sources, ...(sshConfig !== undefined && { sshConfig }) })
  return new Map(
    asking.map(({ name, place }) => {
      const host = hosts.get(name) ?? (/^[\d.]+$|:/.test(name) ? hostNamed(name) : undefined)
      if (host) return [name, host]
      const close = nearest(name, [...hosts.keys()])
      throw new OpsError(
        'E_PLAN',
        `${place}: a probe asks from ${name}, which the inventory does not know`,
        close ? { hint: `did you mean ${close}?` } : {},
      )
    }),
  )
}
