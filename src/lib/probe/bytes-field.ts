import { z } from 'zod'

/** Bytes as text in UTF-8, with the escapes \n, \r, \t, \0, \\, \xff and \u{20ac}. */
export const escapedField = () =>
  z.string().transform((value, context): Buffer | typeof z.NEVER => {
    const pieces: Buffer[] = []
    const rest = value.replace(/\\(?:x([0-9a-f]{2})|u\{([0-9a-f]{1,6})\}|([nrt0\\]))|[^\\]+/giu, (match, byte, point, letter) => {
      if (point !== undefined && Number.parseInt(point, 16) > 0x10_ffff) return match
      pieces.push(
        byte !== undefined
          ? Buffer.from(byte, 'hex')
          : Buffer.from(point !== undefined ? String.fromCodePoint(Number.parseInt(point, 16)) : (letters[letter] ?? match)),
      )
      return ''
    })
    if (rest === '') return Buffer.concat(pieces)
    context.issues.push({ code: 'custom', message: 'holds a backslash that begins no escape: write \\\\ for it', input: value })
    return z.NEVER
  })

const letters: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '0': '\0', '\\': '\\' }

/** Bytes in hex, with spaces where they help: `ff ff ff ff 54`. */
export const hexField = () =>
  z
    .string()
    .transform(value => value.replaceAll(/[\s:]/g, ''))
    .refine(value => /^([0-9a-f]{2})+$/i.test(value), 'is no hex: write ff ff 00')
    .transform((value): Buffer => Buffer.from(value, 'hex'))
