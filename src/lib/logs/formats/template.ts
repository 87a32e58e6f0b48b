/** How the text of a field becomes a value. A text that is `-` alone stands for nothing: the field is absent. */
export type FieldType =
  /** Text; `\xHH`, `\"`, `\\`, `\n`, `\r`, `\t`, `\b` and `\v` stand for what nginx and Apache write so. */
  | 'text'
  /** A decimal number; any other text does not fit. */
  | 'number'
  /** A number where the text is one, else text: `0.1, 0.2` of several upstreams. */
  | 'number-or-text'
  /** `17/May/2015:10:05:03 +0000`. */
  | 'time-local'
  /** RFC 3339. */
  | 'time-iso'
  /** Seconds since the epoch, with or without a fraction. */
  | 'time-seconds'
  /** Milliseconds since the epoch. */
  | 'time-milliseconds'
  /** Microseconds since the epoch. */
  | 'time-microseconds'
  /** `GET /path HTTP/1.1` as method, path and protocol; what is not so regular as `request`. */
  | 'request'

export interface Field {
  readonly name: string
  readonly type: FieldType
  /** The text between this field and the next; behind the last one the rest of the line, which is most often nothing. */
  readonly after: string
}

/** A format of lines: literal text and fields in turn. Texts are of bytes, one character each (latin1). */
export interface Template {
  readonly name: string
  readonly before: string
  readonly fields: readonly Field[]
}

/** Ends at a quote that is not escaped: such a field holds no quote as it is. */
export const isQuoted = ({ after }: Field): boolean => after.startsWith('"')

export type TemplatePart = { readonly literal: string } | { readonly name: string; readonly type: FieldType; readonly at: number }

/** Why parts make no template, with the place (from 0) in the text that they were read from. */
export class TemplateFault extends Error {
  constructor(
    message: string,
    readonly at: number,
    readonly hint?: string,
  ) {
    super(message)
  }
}

/**
 * Joins literals to fields. Of names that come twice the later ones get a number.
 * @throws TemplateFault for fields that nothing parts, for the end of a line, and where there is no field
 */
export function templateOf(name: string, parts: readonly TemplatePart[]): Template {
  let before = ''
  const fields: { name: string; type: FieldType; after: string }[] = []
  const taken = new Map<string, number>(parts.some(part => 'type' in part && part.type === 'request') ? requestNames : [])
  for (const part of parts) {
    const last = fields.at(-1)
    if ('literal' in part) {
      if (/[\r\n]/.test(part.literal)) throw new TemplateFault('it goes over the end of a line', 0, 'write it as one line')
      if (last) last.after += part.literal
      else before += part.literal
    } else {
      if (last?.after === '') {
        const hint = 'put a character between them that neither holds'
        throw new TemplateFault(`nothing stands between ${last.name} and ${part.name}`, part.at, hint)
      }
      const times = (taken.get(part.name) ?? 0) + 1
      taken.set(part.name, times)
      fields.push({ name: times === 1 ? part.name : `${part.name}_${times}`, type: part.type, after: '' })
    }
  }
  if (fields.length === 0)
    throw new TemplateFault('it has no variable', 0, 'single quotes keep the shell from reading $variables')
  return { name, before, fields }
}

/** What a request becomes. */
const requestNames = [
  ['method', 1],
  ['path', 1],
  ['protocol', 1],
] as const
