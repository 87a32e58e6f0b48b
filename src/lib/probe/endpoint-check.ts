import { z } from 'zod'
import type { Check, CheckJudgement, CheckPlace, CheckResult, Sampling } from '../core/check.ts'
import { type Component, defineComponent } from '../core/component.ts'
import { durationField } from '../core/fields.ts'
import type { Reason, Verdict } from '../core/item.ts'
import type { Json } from '../core/json.ts'
import { jsonSchemaOf } from '../core/json-schema.ts'
import { parseParams } from '../core/params.ts'
import { TransportError } from '../core/transport.ts'
import { phaseNames } from '../net/phases.ts'
import { Deadlines } from '../run/deadlines.ts'
import { type Dimension, type DimensionKind, readDimensions } from './dimension.ts'
import { evidenceOf } from './evidence.ts'
import type { Observation } from './observation.ts'
import { worstOf } from './worst-of.ts'

/** A kind of check that asks an endpoint once and judges the answer in several dimensions. */
interface EndpointKind<Shape extends z.ZodRawShape> {
  readonly type: string
  readonly summary: string
  readonly example: Json
  /** Keys besides `timeout` and `dimensions`. */
  readonly params: Shape
  /** Those that it can be judged by. */
  readonly dimensions: readonly DimensionKind[]
  /** What is judged where a check names no dimensions. */
  readonly judgedBy: (params: z.output<z.ZodObject<Shape>>) => readonly Json[]
  title(params: z.output<z.ZodObject<Shape>>): string
  /**
   * One look, which never throws for trouble of the endpoint: that is in the observation. It ends with the signal of the place, whose
   * reason is then a `LookTimeout`, after so long.
   */
  look(place: CheckPlace, params: z.output<z.ZodObject<Shape>>, limit: { readonly timeoutMs: number }): Promise<Observation>
}

/** The time of a look is over. */
export class LookTimeout extends Error {
  override readonly name = 'LookTimeout'
  /** So long it may take, milliseconds. */
  readonly ms: number

  constructor(ms: number) {
    super(`no answer within ${ms} ms`)
    this.ms = ms
  }
}

const timeoutKey = durationField().optional().describe('how long one look may take; the longest of its dimensions when absent')

/** A component for an endpoint. */
export function defineEndpointCheck<Shape extends z.ZodRawShape>(kind: EndpointKind<Shape>): Component<'check'> {
  const { type, summary, example, dimensions } = kind
  const own = z.strictObject(kind.params)
  const loose = z.array(z.record(z.string(), z.json())).min(1).optional()
  const Params = z.strictObject({ ...kind.params, timeout: timeoutKey, dimensions: loose })
  const told = (): z.ZodType => {
    const [first, ...rest] = dimensions.map(({ schema }) => schema)
    return first
      ? z.strictObject({ ...kind.params, timeout: timeoutKey, dimensions: z.array(z.union([first, ...rest])).optional() })
      : Params
  }
  // Made for whoever asks: most looks do not.
  let schema: Json | undefined
  const judging = new JudgingPool(dimensions)
  return defineComponent({
    kind: 'check',
    type,
    version: '1.0.0',
    summary,
    stability: 'beta',
    get schema() {
      schema ??= jsonSchemaOf(told())
      return schema
    },
    example,
    build(config) {
      const { timeout, dimensions: named, ...params } = parseParams(Params, config) as { timeout?: number; dimensions?: Json[] }
      const checked = params as z.output<typeof own>
      return new EndpointCheck(kind, { params: checked, judging: judging.of(named ?? kind.judgedBy(checked), timeout) })
    },
  })
}

/** How a check is judged. */
interface Judging {
  readonly judges: readonly Dimension[]
  readonly sampling: readonly Sampling[]
  /** So long a look may take. */
  readonly timeoutMs: number
}

/** Of thousands of checks most are judged alike: those share one judging. */
class JudgingPool {
  readonly #kinds: readonly DimensionKind[]
  readonly #known = new Map<string, Judging>()

  constructor(kinds: readonly DimensionKind[]) {
    this.#kinds = kinds
  }

  /** @throws ParamsError with its place below `dimensions` */
  of(dimensions: readonly Json[], timeoutMs: number | undefined): Judging {
    const key = JSON.stringify([timeoutMs ?? null, dimensions])
    const known = this.#known.get(key)
    if (known) return known
    const judges = readDimensions(dimensions, this.#kinds)
    const judging = {
      judges,
      sampling: judges.map(({ sampling }) => (timeoutMs === undefined ? sampling : { ...sampling, timeoutMs })),
      timeoutMs: timeoutMs ?? Math.max(...judges.map(({ sampling }) => sampling.timeoutMs)),
    }
    if (this.#known.size >= mostShared) this.#known.clear()
    this.#known.set(key, judging)
    return judging
  }
}

/** Ways of judging that are remembered. */
const mostShared = 200

class EndpointCheck<Shape extends z.ZodRawShape> implements Check {
  readonly #kind: EndpointKind<Shape>
  readonly #params: z.output<z.ZodObject<Shape>>
  readonly #judging: Judging

  constructor(
    kind: EndpointKind<Shape>,
    { params, judging }: { readonly params: z.output<z.ZodObject<Shape>>; readonly judging: Judging },
  ) {
    this.#kind = kind
    this.#params = params
    this.#judging = judging
  }

  get title(): string {
    return this.#kind.title(this.#params)
  }

  get sampling(): readonly Sampling[] {
    return this.#judging.sampling
  }

  async run(place: CheckPlace): Promise<CheckResult> {
    const { timeoutMs, judges } = this.#judging
    using deadline = deadlinesOf(place, timeoutMs).begin()
    try {
      const observation = await this.#kind.look({ ...place, signal: deadline.signal }, this.#params, { timeoutMs })
      place.observed?.(observation)
      return resultOf(observation, judges, place)
    } catch (error) {
      // The way to the host from which to look is no trouble of the endpoint.
      if (error instanceof TransportError) return { verdict: 'unknown', reason: error.reason, message: error.message }
      throw error
    }
  }
}

/** Those of all looks that may take as long. */
function deadlinesOf({ clock, signal, shared }: CheckPlace, ms: number): Deadlines {
  const bySignal = shared?.of(allDeadlines)
  const known = bySignal?.get(signal)?.get(ms)
  if (known) return known
  const made = new Deadlines(clock, { ms, signal, reason: () => new LookTimeout(ms) })
  bySignal?.set(signal, (bySignal.get(signal) ?? new Map<number, Deadlines>()).set(ms, made))
  return made
}

const allDeadlines = (): WeakMap<AbortSignal, Map<number, Deadlines>> => new WeakMap()

/** Milliseconds become seconds, the unit of machine formats. */
function phaseMetrics({ phases, totalMs }: Observation): Record<string, number> {
  const metrics: Record<string, number> = {}
  for (const [phase, name] of secondsOf) {
    const ms = phases[phase]
    if (ms !== undefined) metrics[name] = ms / 1000
  }
  metrics.total_seconds = totalMs / 1000
  return metrics
}

const secondsOf = phaseNames.map(phase => [phase, `${phase}_seconds`] as const)

function resultOf(observation: Observation, judges: readonly Dimension[], { clock, trace }: CheckPlace): CheckResult {
  const now = clock.now()
  const judgements = judges.map(judge => judgementOf(judge, observation, now))
  if (trace) for (const { dimension, verdict, message } of judgements) trace(`judge    ${dimension}: ${verdict}, ${message}`)
  return new JudgedLook(observation, judgements)
}

class JudgedLook implements CheckResult {
  readonly verdict: Verdict
  readonly message: string
  declare readonly reason?: Reason
  readonly metrics: Readonly<Record<string, number>>
  readonly judgements: readonly CheckJudgement[]
  readonly #observation: Observation

  constructor(observation: Observation, judgements: readonly CheckJudgement[]) {
    const worst = worstOf(judgements)
    this.verdict = worst?.verdict ?? 'unknown'
    this.message = worst?.message ?? 'there was nothing to judge'
    if (worst?.reason) this.reason = worst.reason
    this.metrics = phaseMetrics(observation)
    this.judgements = judgements
    this.#observation = observation
  }

  /** Made only when somebody asks: of most looks nobody does. */
  get evidence(): string {
    const { others = [] } = this.#observation
    return [this.#observation, ...others].map(evidenceOf).join('\n')
  }
}

/** Of an endpoint with several addresses: that of the worst, by its address. */
function judgementOf(judge: Dimension, observation: Observation, now: number): CheckJudgement {
  const { others } = observation
  if (others === undefined || others.length === 0) return judge.judge(observation, now)
  const judgements = [observation, ...others].map(each => {
    const judgement = judge.judge(each, now)
    return { ...judgement, message: `${each.address ?? 'unknown address'}: ${judgement.message}` }
  })
  return worstOf(judgements) ?? judge.judge(observation, now)
}
