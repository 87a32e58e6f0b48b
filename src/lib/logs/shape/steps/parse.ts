import { OpsError } from '../../../core/errors.ts'
import { readTruth, readWords } from '../../../core/file-fields.ts'
import type { FileNode } from '../../../core/file-node.ts'
import type { Format } from '../../formats/format.ts'
import { formatOf } from '../../formats/known-formats.ts'
import { RecordBuffer } from '../../record-buffer.ts'
import { Tally } from '../../tally.ts'
import { fieldPath, readField } from '../field-path.ts'
import { isStringText, membersOf, plainOf, stringOf } from '../json-members.ts'
import { knownKeys } from '../read-keys.ts'
import type { Ended, ReadStep } from '../step.ts'

const form = 'write `parse: { field: message, format: logfmt }`'
const errorField = fieldPath('parse_error')

/**
 * `parse: { field, format, into, keep, on_error }`: the fields that a format finds in the text of one take its place. A text that does not fit
 * stays as it is, with `parse_error` beside it.
 */
export const readParse: ReadStep = node => {
  if (!knownKeys(node, { noun: 'parse', keys: ['field', 'format', 'into', 'keep', 'on_error'], form })) return undefined
  const field = readField(node.child('field'))
  const format = readFormat(node.child('format'))
  const into = node.child('into').isAbsent ? undefined : readField(node.child('into'))
  const isKept = readTruth(node.child('keep')) ?? false
  const [onError = 'keep'] = readWords(node.child('on_error'), ['keep', 'dead']) ?? []
  if (!field || !format) return undefined
  return () => {
    const read = readerOf(format)
    return {
      decides: false,
      apply(draft): Ended | undefined {
        const json = draft.get(field)
        if (json === undefined || !isStringText(json)) return undefined
        const found = read(stringOf(json))
        if (found instanceof Unread) {
          if (onError === 'dead') return { stage: 'parse', reason: `${field.text} ${found.reason}` }
          draft.set(errorField, JSON.stringify(`${field.text} ${found.reason}`))
          return undefined
        }
        if (!isKept) draft.delete(field)
        if (into) draft.set(into, found)
        else for (const [name, value] of membersOf(found)) draft.setMember(name, value)
        return undefined
      },
    }
  }
}

/** Formats that are of one line each. */
function readFormat(node: FileNode): Format | undefined {
  if (node.isAbsent) return node.wrong('parse needs a format', { hint: form })
  const text = node.text('a format')
  if (text === undefined) return undefined
  if (text === 'auto' || text === 'csv')
    return node.wrong(`format: ${text} needs more than one line`, { hint: text === 'csv' ? 'name the columns: csv:a,b,c' : form })
  try {
    return formatOf(text)
  } catch (error) {
    if (!(error instanceof OpsError)) throw error
    return node.wrong(error.message.replace(/^--format:? /, 'format: '), { hint: error.hint })
  }
}

class Unread {
  constructor(readonly reason: string) {}
}

/** Gives an object of JSON. */
function readerOf(format: Format): (text: string) => string | Unread {
  const reader = format.open()
  const records = new RecordBuffer({ whole: true })
  // Between the tokens of JSON an end of line is a space like any other.
  const isJson = format.name === 'json' || format.name === 'docker'
  return text => {
    const tally = new Tally()
    const line = isJson ? text.replaceAll(/\r?\n/g, ' ') : text.replace(/\r?\n$/, '')
    if (line.includes('\n')) return new Unread('has several lines')
    for (const _ of reader.read(Buffer.from(`${line}\n`), { records, tally }));
    const record = Buffer.from(records.take()).toString('utf8', 0).trimEnd()
    if (tally.misfits > 0) return new Unread(plainOf(membersOf(record).get('error') ?? '""'))
    return tally.records === 1 ? record : new Unread('is empty')
  }
}
