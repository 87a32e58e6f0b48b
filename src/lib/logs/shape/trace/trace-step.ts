import { hash } from 'node:crypto'
import type { Draft } from '../draft.ts'
import { type FieldPath, fieldPath } from '../field-path.ts'
import { isStringText, plainOf, stringOf } from '../json-members.ts'
import { changing, type DraftPlace, type Step } from '../step.ts'
import { findTraceparent, parseTraceparent, type SpanContext, spanIdOf, traceIdOf } from './traceparent.ts'

/** Where ids are looked for, in this order. */
export interface TracePlan {
  readonly traceIds: readonly FieldPath[]
  readonly spanIds: readonly FieldPath[]
  readonly requestIds: readonly FieldPath[]
  readonly traceparents: readonly FieldPath[]
  /** Texts that may have a traceparent anywhere in them. */
  readonly texts: readonly FieldPath[]
  /** Whether a record without a trace gets one. */
  readonly creates: boolean
}

interface Ids {
  readonly traceId?: string | undefined
  readonly spanId?: string | undefined
  readonly requestId?: string | undefined
}

const traceField = fieldPath('trace_id')
const spanField = fieldPath('span_id')
const requestField = fieldPath('request_id')

/**
 * Puts the ids of a record under `trace_id`, `span_id` and `request_id`. Where it has no trace but an id of a request, its trace id is made of that, so that all records
 * of the request have the same one; else of the record's place alone, so that it is the same however often the record is read.
 */
export const traceStep = (plan: TracePlan): Step =>
  changing((draft, place) => {
    const { traceId, spanId, requestId } = idsIn(draft, plan)
    put(draft, requestField, requestId)
    put(draft, spanField, spanId)
    put(draft, traceField, traceId ?? (plan.creates ? created(requestId, place) : undefined))
  })

function idsIn(draft: Draft, plan: TracePlan): Ids {
  const written = first(draft, plan.traceIds, text => text)
  const own = written === undefined ? undefined : traceIdOf(written)
  // An id of another kind is of use still: it names what belongs together.
  const requestId = first(draft, plan.requestIds, requestIdOf) ?? (own === undefined ? written : undefined)
  if (own !== undefined) return { traceId: own, spanId: first(draft, plan.spanIds, spanIdOf), requestId }
  const context = first(draft, plan.traceparents, parseTraceparent) ?? contextIn(draft, plan.texts)
  return { ...context, requestId }
}

const maxRequestId = 200
const requestIdOf = (text: string): string | undefined => (text !== '' && text.length <= maxRequestId ? text : undefined)

function first<T>(draft: Draft, fields: readonly FieldPath[], read: (text: string) => T | undefined): T | undefined {
  for (const field of fields) {
    const json = draft.get(field)
    const found = json === undefined || json === 'null' ? undefined : read(plainOf(json))
    if (found !== undefined) return found
  }
  return undefined
}

function contextIn(draft: Draft, fields: readonly FieldPath[]): SpanContext | undefined {
  for (const field of fields) {
    const json = draft.get(field)
    // Two digits, 32, 16 and 2, with dashes between them: nothing shorter has one.
    if (json === undefined || json.length < leastTraceparent || !isStringText(json)) continue
    const found = findTraceparent(stringOf(json))
    if (found) return found
  }
  return undefined
}

const leastTraceparent = 57

function put(draft: Draft, field: FieldPath, id: string | undefined): void {
  if (id === undefined) return
  const json = JSON.stringify(id)
  if (draft.get(field) !== json) draft.set(field, json)
}

/** 16 bytes in hexadecimal, never all zero. */
function created(requestId: string | undefined, { origin, number }: DraftPlace): string {
  const seed = requestId === undefined ? `record\n${origin.id}\n${number}` : `request\n${requestId}`
  const digits = hash('sha256', seed, 'hex').slice(0, 32)
  return /[1-9a-f]/.test(digits) ? digits : digits.replace(/.$/, '1')
}
