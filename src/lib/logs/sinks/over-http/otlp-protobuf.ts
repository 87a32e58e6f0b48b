import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import type { Json } from '../../../core/json.ts'
import type { OtlpRecord } from './otlp-record.ts'

// The numbers are those of opentelemetry/proto/{collector/logs,logs,common,resource}/v1 (https://github.com/open-telemetry/opentelemetry-proto).

/** ExportLogsServiceRequest as protobuf. */
export function otlpProtobuf(records: readonly OtlpRecord[], resource: Readonly<Record<string, string>>): Uint8Array {
  const writer = new BinaryWriter()
  message(writer, 1, () => {
    message(writer, 1, () => keyValues(writer, 1, Object.entries(resource)))
    message(writer, 2, () => {
      message(writer, 1, () => writer.tag(1, WireType.LengthDelimited).string('opsctl'))
      for (const record of records) message(writer, 2, () => logRecord(writer, record))
    })
  })
  return writer.finish()
}

function message(writer: BinaryWriter, field: number, content: () => void): void {
  writer.tag(field, WireType.LengthDelimited).fork()
  content()
  writer.join()
}

function logRecord(writer: BinaryWriter, record: OtlpRecord): void {
  writer.tag(1, WireType.Bit64).fixed64(record.timeUnixNano)
  if (record.severityNumber > 0) writer.tag(2, WireType.Varint).int32(record.severityNumber)
  if (record.severityText !== '') writer.tag(3, WireType.LengthDelimited).string(record.severityText)
  message(writer, 5, () => anyValue(writer, record.body))
  keyValues(writer, 6, record.attributes)
  if (record.traceId !== '') writer.tag(9, WireType.LengthDelimited).bytes(Buffer.from(record.traceId, 'hex'))
  if (record.spanId !== '') writer.tag(10, WireType.LengthDelimited).bytes(Buffer.from(record.spanId, 'hex'))
  writer.tag(11, WireType.Bit64).fixed64(record.observedTimeUnixNano)
}

function keyValues(writer: BinaryWriter, field: number, entries: readonly (readonly [string, Json])[]): void {
  for (const [key, value] of entries) {
    message(writer, field, () => {
      writer.tag(1, WireType.LengthDelimited).string(key)
      message(writer, 2, () => anyValue(writer, value))
    })
  }
}

/** Nothing at all for null: an AnyValue without a value. */
function anyValue(writer: BinaryWriter, value: Json): void {
  if (value === null) return
  if (typeof value === 'string') writer.tag(1, WireType.LengthDelimited).string(value)
  else if (typeof value === 'boolean') writer.tag(2, WireType.Varint).bool(value)
  else if (typeof value === 'number' && Number.isSafeInteger(value)) writer.tag(3, WireType.Varint).int64(value)
  else if (typeof value === 'number') writer.tag(4, WireType.Bit64).double(value)
  else if (Array.isArray(value))
    message(writer, 5, () => {
      for (const each of value) message(writer, 1, () => anyValue(writer, each))
    })
  else message(writer, 6, () => keyValues(writer, 1, Object.entries(value)))
}
