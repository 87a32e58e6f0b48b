import type { z } from 'zod'
import type { Check, CheckPlace, CheckResult, Found, HostLook, Reading, Sampling } from '../core/check.ts'
import { type Component, defineComponent } from '../core/component.ts'
import type { Json } from '../core/json.ts'
import { jsonSchemaOf } from '../core/json-schema.ts'
import { parseParams } from '../core/params.ts'
import { judge, Unseen, unknown } from './checks/look.ts'
import { notThere } from './file-reading.ts'
import { readAll } from './readings.ts'

interface HostCheck extends HostLook {
  readonly title: string
  readonly sampling?: readonly Sampling[]
}

/** A check that needs nothing but readings of a host. Run alone it reads its own; the engine reads those of many together. */
export function hostCheck({ title, readings, judge: verdictOf, sampling }: HostCheck): Check {
  const careful: HostLook['judge'] = (found, place) => {
    try {
      const result = verdictOf(found, place)
      // Names come from the host, and a message is one line.
      return { ...result, message: result.message.replace(/[\x00-\x1f\x7f]/g, '?') }
    } catch (error) {
      return unknown(error)
    }
  }
  return {
    title,
    host: { readings, judge: careful },
    run: place => judge(async () => careful(await readAll(place, readings), place)),
    ...(sampling && { sampling }),
  }
}

interface HostKind<Params extends z.ZodType> {
  readonly type: string
  readonly summary: string
  readonly example: Json
  readonly params: Params
  /** So many more looks before a bad one counts; none when absent: what stands on a host does not come and go like an answer. */
  readonly retries?: number
  title(params: z.output<Params>): string
  readings(params: z.output<Params>): readonly Reading[]
  /** Pure. @throws Unseen for what could not be read */
  judge(params: z.output<Params>, found: Found, place: Pick<CheckPlace, 'clock'>): CheckResult
}

/** A component of a check of a host. */
export function defineHostCheck<Params extends z.ZodType>(kind: HostKind<Params>): Component<'check'> {
  // Made for whoever asks: most looks do not.
  let schema: Json | undefined
  return defineComponent({
    kind: 'check',
    type: kind.type,
    version: '1.0.0',
    summary: kind.summary,
    stability: 'beta',
    get schema() {
      schema ??= jsonSchemaOf(kind.params)
      return schema
    },
    example: kind.example,
    build(config) {
      const params = parseParams(kind.params, config)
      const sampling = {
        dimension: kind.type,
        intervalMs: 30_000,
        timeoutMs: 10_000,
        retries: kind.retries ?? 0,
        failures: 1,
        of: 1,
      }
      return hostCheck({
        sampling: [sampling],
        title: kind.title(params),
        readings: kind.readings(params),
        judge: (found, place) => kind.judge(params, found, place),
      })
    },
  })
}

/** What a reading printed; undefined when it says that nothing is there. @throws Unseen */
export const seenIn = (found: Found, reading: Reading): string | undefined =>
  found(reading).code === notThere ? undefined : bytesIn(found, reading).toString()

/** What a reading printed. @throws Unseen */
export const textIn = (found: Found, reading: Reading): string => bytesIn(found, reading).toString()

/** What a reading printed. @throws Unseen */
export function bytesIn(found: Found, reading: Reading): Buffer {
  const { code, stdout, complaint } = found(reading)
  if (code !== 0) throw new Unseen(`could not ${reading.does}: ${why(code, complaint)}`)
  return stdout
}

function why(code: number, complaint: string): string {
  // Of timeout(1): that of busybox tells nothing, others say `Killed`.
  if (code === 124 || code === 137) return 'no answer in time'
  return complaint || (code === notThere ? 'it is not there' : `status ${code}`)
}
