import { readTruth } from '../../../core/file-fields.ts'
import { type FileNode, isMapping } from '../../../core/file-node.ts'
import { type FieldPath, fieldPath, readFields } from '../field-path.ts'
import { knownKeys } from '../read-keys.ts'
import type { StepPlan } from '../step.ts'
import { traceStep } from './trace-step.ts'

const keys = ['trace_id', 'span_id', 'request_id', 'traceparent', 'text', 'create'] as const
const form = 'write `trace: true`, or `trace: { trace_id: [dd.trace_id], request_id: [x-request-id] }`'

/** Where programs put ids, under the names that are usual. */
const usual: Readonly<Record<Exclude<(typeof keys)[number], 'create'>, readonly string[]>> = {
  trace_id: ['trace_id', 'traceId', 'traceID', 'TraceId', 'trace.id', 'trace-id'],
  span_id: ['span_id', 'spanId', 'spanID', 'SpanId', 'span.id', 'span-id'],
  request_id: [
    'request_id',
    'requestId',
    'requestID',
    'RequestId',
    'x_request_id',
    'x-request-id',
    'X-Request-Id',
    'http_x_request_id',
    'correlation_id',
    'correlationId',
    'x-correlation-id',
  ],
  traceparent: ['traceparent', 'http_traceparent', 'headers.traceparent'],
  text: ['message', 'msg', 'raw'],
}

/** `trace: true`, `trace: {…}`: fields that are named take the place of the usual ones. */
export function readTrace(node: FileNode): StepPlan | undefined {
  if (node.isAbsent || node.value === false) return undefined
  if (node.value !== true && !isMapping(node.value)) return node.wrong('trace must be true, or keys and values', { hint: form })
  if (isMapping(node.value)) knownKeys(node, { noun: 'trace', keys, form })
  const fields = (key: keyof typeof usual): readonly FieldPath[] => {
    const written = node.child(key)
    return written.isAbsent ? usual[key].map(fieldPath) : (readFields(written) ?? [])
  }
  const plan = {
    traceIds: fields('trace_id'),
    spanIds: fields('span_id'),
    requestIds: fields('request_id'),
    traceparents: fields('traceparent'),
    texts: fields('text'),
    creates: readTruth(node.child('create')) ?? true,
  }
  return () => traceStep(plan)
}
