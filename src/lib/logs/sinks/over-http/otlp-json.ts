import type { Json } from '../../../core/json.ts'
import type { OtlpRecord } from './otlp-record.ts'

/** ExportLogsServiceRequest as JSON: 64-bit numbers are texts, ids hexadecimal digits (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding). */
export function otlpJson(records: readonly OtlpRecord[], resource: Readonly<Record<string, string>>): Uint8Array {
  const logRecords = records.map(record => ({
    timeUnixNano: String(record.timeUnixNano),
    observedTimeUnixNano: String(record.observedTimeUnixNano),
    ...(record.severityNumber > 0 && { severityNumber: record.severityNumber }),
    ...(record.severityText !== '' && { severityText: record.severityText }),
    body: anyValue(record.body),
    attributes: keyValues(record.attributes),
    ...(record.traceId !== '' && { traceId: record.traceId }),
    ...(record.spanId !== '' && { spanId: record.spanId }),
  }))
  const scopeLogs = [{ scope: { name: 'opsctl' }, logRecords }]
  return Buffer.from(
    JSON.stringify({ resourceLogs: [{ resource: { attributes: keyValues(Object.entries(resource)) }, scopeLogs }] }),
  )
}

const keyValues = (entries: readonly (readonly [string, Json])[]): Json =>
  entries.map(([key, value]) => ({ key, value: anyValue(value) }))

function anyValue(value: Json): Json {
  if (value === null) return {}
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'number') return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value }
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } }
  return { kvlistValue: { values: keyValues(Object.entries(value)) } }
}
