import { z } from 'zod'
import type { CheckJudgement, Sampling } from '../core/check.ts'
import { durationField } from '../core/fields.ts'
import type { Json } from '../core/json.ts'
import { nearest } from '../core/nearest.ts'
import { ParamsError, parseParams } from '../core/params.ts'
import { contradiction } from './contradiction.ts'
import type { Observation } from './observation.ts'

/** One way of judging what a look at an endpoint showed, and how often it wants to be looked at. */
export interface DimensionKind<Params extends z.ZodObject = z.ZodObject> {
  /** What people write: `http_status`. */
  readonly type: string
  readonly summary: string
  /** Keys besides `type` and those of every dimension. */
  readonly params: Params
  /** What one entry below `dimensions:` may be. */
  readonly schema: z.ZodObject
  /** Milliseconds. */
  readonly defaults: { readonly intervalMs: number; readonly timeoutMs: number; readonly retries: number }
  /** Made once for each use, so that what parameters mean is worked out once. @throws ParamsError */
  compile(params: z.output<Params>): Judge
}

/** Pure. `now` is in milliseconds since 1970. Undefined when the look ended before there was anything to judge. */
export type Judge = (observation: Observation, now: number) => Judged | undefined

export type Judged = Omit<CheckJudgement, 'dimension'>

/** A dimension, by `compile` or, where there is nothing to work out, by `judge`. */
export function defineDimension<P extends z.ZodObject>(
  kind: Omit<DimensionKind<P>, 'compile' | 'schema'> &
    (Pick<DimensionKind<P>, 'compile'> | { judge(params: z.output<P>, ...look: Parameters<Judge>): Judged | undefined }),
): DimensionKind {
  // Made once, when it is first needed: to make a schema takes many times as long as to parse with it.
  let schema: z.ZodObject | undefined
  return {
    compile: (params: z.output<P>): Judge => {
      return (observation, now) => ('judge' in kind ? kind.judge(params, observation, now) : undefined)
    },
    ...kind,
    get schema() {
      schema ??= z.strictObject({ type: z.literal(kind.type), ...commonKeys, ...kind.params.shape })
      return schema
    },
  } as DimensionKind<P> as unknown as DimensionKind
}

/** A dimension with its parameters: what a check does with every look. */
export interface Dimension {
  readonly sampling: Sampling
  judge(observation: Observation, now: number): CheckJudgement
}

/** Keys of every dimension. */
const commonKeys = {
  interval: durationField().optional().describe('how often it is looked at by probe serve'),
  timeout: durationField().optional().describe('an answer after so long is none'),
  retries: z.int().min(0).max(10).optional().describe('so many more looks before a bad one counts'),
  failures: z.int().min(1).max(100).optional().describe('bad only when so many of the last `of` looks are'),
  of: z.int().min(1).max(100).optional().describe('the looks that `failures` counts in; as many as failures when absent'),
  level: z.enum(['fail', 'warn']).optional().describe('warn: what is bad is only a warning'),
}

/** @throws ParamsError with its place below `dimensions` */
export function readDimensions(value: readonly Json[], kinds: readonly DimensionKind[]): Dimension[] {
  const types = value.map(typeOf)
  return value.map((entry, index) => {
    const at = ['dimensions', index] as const
    const type = types[index]
    const kind = kinds.find(known => known.type === type)
    if (!kind) throw unknownType(type, { at, kinds })
    // Each is judged by itself, also where several are of one type: the second is called `latency-2`.
    const number = types.slice(0, index + 1).filter(each => each === type).length
    return withPlace(at, () => dimensionOf(kind, { entry, name: number === 1 ? kind.type : `${kind.type}-${number}` }))
  })
}

const typeOf = (entry: Json): Json | undefined =>
  typeof entry === 'object' && entry !== null && 'type' in entry ? entry.type : undefined

function dimensionOf(kind: DimensionKind, { entry, name }: { readonly entry: Json; readonly name: string }): Dimension {
  const params = parseParams(kind.schema, entry) as z.output<z.ZodObject<typeof commonKeys>>
  const { interval, timeout, retries, failures = 1, of = failures, level } = params
  if (of < failures) throw new ParamsError(`of: ${of} looks can not hold ${failures} bad ones`, { path: ['of'] })
  const problem = contradiction({ retries, failures, of })
  if (problem) throw new ParamsError(problem.message, { path: ['retries'], hint: problem.hint })
  const { defaults } = kind
  const judge = kind.compile(params)
  const sampling = {
    dimension: name,
    intervalMs: interval ?? defaults.intervalMs,
    timeoutMs: timeout ?? defaults.timeoutMs,
    retries: retries ?? defaults.retries,
    failures,
    of,
  }
  return {
    sampling,
    judge(observation, now) {
      const judged = tooLate(observation, timeout) ?? judge(observation, now) ?? ofFailure(observation)
      const verdict = level === 'warn' && judged.verdict === 'fail' ? 'warn' : judged.verdict
      return { dimension: name, ...judged, verdict }
    },
  }
}

/** A dimension's own time-out is shorter than the look that it shares with others. */
function tooLate({ totalMs, failure }: Observation, timeoutMs: number | undefined): Judged | undefined {
  if (timeoutMs === undefined || totalMs <= timeoutMs || failure !== undefined) return undefined
  return { verdict: 'fail', reason: 'timeout', message: `the answer took ${Math.round(totalMs)} ms, longer than ${timeoutMs} ms` }
}

function ofFailure({ failure }: Observation): Judged {
  if (failure) return { verdict: failure.unknown ? 'unknown' : 'fail', reason: failure.reason, message: failure.message }
  return { verdict: 'unknown', reason: 'error', message: 'there was nothing to judge' }
}

interface Asked {
  readonly at: readonly (string | number)[]
  readonly kinds: readonly DimensionKind[]
}

function unknownType(type: Json | undefined, { at, kinds }: Asked): ParamsError {
  const types = kinds.map(kind => kind.type)
  const known = `there are ${types.join(', ')}`
  if (typeof type !== 'string') return new ParamsError('a dimension needs a type', { path: at, hint: known })
  const close = nearest(type, types)
  const hint = close ? `did you mean ${close}?` : known
  return new ParamsError(`type: ${JSON.stringify(type)} is no dimension of this check`, { path: [...at, 'type'], hint })
}

function withPlace<T>(at: readonly (string | number)[], work: () => T): T {
  const placed = (error: ParamsError): ParamsError =>
    new ParamsError(error.message, {
      path: [...at, ...error.path],
      part: error.part,
      hint: error.hint,
      others: error.others.map(placed),
    })
  try {
    return work()
  } catch (error) {
    throw error instanceof ParamsError ? placed(error) : error
  }
}
