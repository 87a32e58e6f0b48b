import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import type { Records } from '../../records.ts'
import { elementsOf, isStringText, type Members, membersOf, stringOf } from '../json-members.ts'
import { KeptLines } from '../kept-lines.ts'
import { idFields, recordFields, textFields, valueKinds } from './known-fields.ts'
import { nanosOf, timeOfNanos } from './time-nanos.ts'

/** Records as docs/proto/opsctl/logs/v1/record.proto has them, each behind its length. */
export function protobufOf(records: Records): Uint8Array {
  const writer = new BinaryWriter()
  for (const { line } of new KeptLines(records.lines).lines()) {
    writer.fork()
    writeRecord(writer, membersOf(line))
    writer.join()
  }
  return writer.finish()
}

/** One record by itself, of its JSON. */
export function recordProtobuf(line: string): Uint8Array {
  const writer = new BinaryWriter()
  writeRecord(writer, membersOf(line))
  return writer.finish()
}

const { Varint, Bit64, LengthDelimited } = WireType

function writeRecord(writer: BinaryWriter, members: Members): void {
  const rest: [name: string, json: string][] = []
  for (const [name, json] of members) {
    if (!isStringText(json) || !writeKnown(writer, { name, text: json })) rest.push([name, json])
  }
  for (const [name, json] of rest) writeField(writer.tag(recordFields.fields, LengthDelimited), { name, json })
}

/** False where it has no field of its own, or does not fit into that. `text` is a string of JSON. */
function writeKnown(writer: BinaryWriter, { name, text: json }: { readonly name: string; readonly text: string }): boolean {
  if (name === 'time') {
    const text = stringOf(json)
    const nanos = nanosOf(text)
    if (nanos !== undefined && nanos < maxFixed64) writer.tag(recordFields.time, Bit64).fixed64(nanos)
    return nanos !== undefined && timeOfNanos(nanos) === text
  }
  if (name === 'trace_id' || name === 'span_id') {
    const text = stringOf(json)
    if (text.length !== 2 * idFields[name] || !/^[0-9a-f]+$/.test(text)) return false
    writer.tag(recordFields[name], LengthDelimited).bytes(Buffer.from(text, 'hex'))
    return true
  }
  const known = textFields.find(each => each === name)
  if (known === undefined) return false
  writer.tag(recordFields[known], LengthDelimited).string(wellFormed(json))
  return true
}

const maxFixed64 = 2n ** 64n

interface NamedValue {
  readonly name: string
  readonly json: string
}

function writeField(writer: BinaryWriter, { name, json }: NamedValue): void {
  writer.fork().tag(1, LengthDelimited).string(name.toWellFormed()).tag(2, LengthDelimited)
  writeValue(writer, json)
  writer.join()
}

function writeValue(writer: BinaryWriter, json: string): void {
  writer.fork()
  const first = json[0]
  if (first === '"') writer.tag(valueKinds.text, LengthDelimited).string(wellFormed(json))
  else if (first === 't' || first === 'f') writer.tag(valueKinds.truth, Varint).bool(first === 't')
  else if (first === '{') {
    writer.tag(valueKinds.object, LengthDelimited).fork()
    for (const [name, inner] of membersOf(json)) writeField(writer.tag(1, LengthDelimited), { name, json: inner })
    writer.join()
  } else if (first === '[') {
    writer.tag(valueKinds.list, LengthDelimited).fork()
    for (const inner of elementsOf(json)) writeValue(writer.tag(1, LengthDelimited), inner)
    writer.join()
  } else if (first !== 'n') writeNumber(writer, json)
  writer.join()
}

function writeNumber(writer: BinaryWriter, json: string): void {
  if (/^(?:0|-?[1-9]\d*)$/.test(json) && isInt64(BigInt(json))) writer.tag(valueKinds.integer, Varint).sint64(json)
  else if (json.replaceAll(/^[-0.]+|\.|[eE].*$/g, '').length <= exactDigits && Number.isFinite(Number(json)))
    writer.tag(valueKinds.number, Bit64).double(Number(json))
  else writer.tag(valueKinds.decimal, LengthDelimited).string(json)
}

/** So many digits a double keeps, whatever they are. */
const exactDigits = 15
const isInt64 = (value: bigint): boolean => value === BigInt.asIntN(64, value)

/** A surrogate that stands alone has no place in UTF-8. */
const wellFormed = (json: string): string => stringOf(json).toWellFormed()
