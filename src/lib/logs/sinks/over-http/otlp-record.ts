import type { Json } from '../../../core/json.ts'
import type { RecordLine } from './record-lines.ts'
import type { RecordTimes } from './record-time.ts'

/** A record in the data model of OpenTelemetry (https://opentelemetry.io/docs/specs/otel/logs/data-model/). */
export interface OtlpRecord {
  readonly timeUnixNano: bigint
  readonly observedTimeUnixNano: bigint
  /** 1 to 24; 0 where nothing tells it. */
  readonly severityNumber: number
  readonly severityText: string
  readonly body: Json
  readonly attributes: readonly (readonly [string, Json])[]
  /** Hexadecimal digits; empty where there is no valid one. */
  readonly traceId: string
  readonly spanId: string
}

const severities: Readonly<Record<string, number>> = {
  trace: 1,
  debug: 5,
  info: 9,
  notice: 10,
  warn: 13,
  warning: 13,
  error: 17,
  err: 17,
  critical: 18,
  crit: 18,
  alert: 19,
  fatal: 21,
  panic: 21,
  emerg: 21,
  emergency: 21,
}

const idOf = (value: Json | undefined, digits: number): string =>
  typeof value === 'string' && value.length === digits && /^[0-9a-f]+$/i.test(value) && !/^0+$/.test(value)
    ? value.toLowerCase()
    : ''

/** The message is the body, or the whole record where it has none; what else there is are attributes. */
export function otlpRecord(
  { value, text }: RecordLine,
  { times, observed }: { readonly times: RecordTimes; readonly observed: number },
): OtlpRecord {
  const { time, message, level, severity, trace_id: trace, span_id: span, ...attributes } = value
  const said = level ?? severity
  const severityText = typeof said === 'string' ? said : ''
  const traceId = idOf(trace, 32)
  const spanId = idOf(span, 16)
  return {
    timeUnixNano: times.of(time),
    observedTimeUnixNano: BigInt(observed) * 1_000_000n,
    severityNumber: severities[severityText.toLowerCase()] ?? ofStatus(value['status']),
    severityText,
    body: message ?? text,
    attributes: Object.entries({
      ...(message === undefined ? {} : attributes),
      // What is no valid id is kept as it is.
      ...(traceId === '' && trace !== undefined && { trace_id: trace }),
      ...(spanId === '' && span !== undefined && { span_id: span }),
    }),
    traceId,
    spanId,
  }
}

/** Of the answer of a web server: a failure of its own is an error, one of its client a warning. */
function ofStatus(status: Json | undefined): number {
  if (typeof status !== 'number') return 0
  return status >= 500 ? 17 : status >= 400 ? 13 : 9
}
