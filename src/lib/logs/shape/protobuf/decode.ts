import { BinaryReader } from '@bufbuild/protobuf/wire'
import { Records } from '../../records.ts'
import { type Members, textOfMembers } from '../json-members.ts'
import { idFields, recordFields, textFields, valueKinds } from './known-fields.ts'
import { timeOfNanos } from './time-nanos.ts'

/** The records of what `protobufOf` gives. Fields that are not known are left out. @throws Error for what is no such thing */
export function recordsOfProtobuf(bytes: Uint8Array): Records {
  const reader = new BinaryReader(bytes)
  const lines: string[] = []
  while (reader.pos < reader.len) lines.push(`${textOfMembers(readRecord(new BinaryReader(reader.bytes())))}\n`)
  return Records.ofLines(Buffer.from(lines.join('')), lines.length)
}

function readRecord(reader: BinaryReader): Members {
  const members: Members = new Map()
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag()
    const text = textFields.find(name => recordFields[name] === number)
    const id = number === recordFields.trace_id ? 'trace_id' : number === recordFields.span_id ? 'span_id' : undefined
    if (number === recordFields.time) members.set('time', JSON.stringify(timeOfNanos(BigInt(reader.fixed64()))))
    else if (text !== undefined) members.set(text, JSON.stringify(reader.string()))
    else if (id !== undefined)
      members.set(
        id,
        `"${Buffer.from(reader.bytes())
          .toString('hex')
          .padStart(2 * idFields[id], '0')}"`,
      )
    else if (number === recordFields.fields) readField(new BinaryReader(reader.bytes()), members)
    else reader.skip(type, number)
  }
  return members
}

function readField(reader: BinaryReader, members: Members): void {
  let name = ''
  let value = 'null'
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag()
    if (number === 1) name = reader.string()
    else if (number === 2) value = readValue(new BinaryReader(reader.bytes()))
    else reader.skip(type, number)
  }
  members.set(name, value)
}

function readValue(reader: BinaryReader): string {
  let value = 'null'
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag()
    if (number === valueKinds.text) value = JSON.stringify(reader.string())
    else if (number === valueKinds.integer) value = String(reader.sint64())
    else if (number === valueKinds.number) value = JSON.stringify(reader.double())
    else if (number === valueKinds.truth) value = String(reader.bool())
    else if (number === valueKinds.decimal) value = decimalOf(reader.string())
    else if (number === valueKinds.object) value = readObject(new BinaryReader(reader.bytes()))
    else if (number === valueKinds.list) value = readList(new BinaryReader(reader.bytes()))
    else reader.skip(type, number)
  }
  return value
}

/** Others than opsctl may have written anything there. */
const decimalOf = (text: string): string =>
  /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text) ? text : JSON.stringify(text)

function readObject(reader: BinaryReader): string {
  const members: Members = new Map()
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag()
    if (number === 1) readField(new BinaryReader(reader.bytes()), members)
    else reader.skip(type, number)
  }
  return textOfMembers(members)
}

function readList(reader: BinaryReader): string {
  const values: string[] = []
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag()
    if (number === 1) values.push(readValue(new BinaryReader(reader.bytes())))
    else reader.skip(type, number)
  }
  return `[${values.join(',')}]`
}
