import type { MaskPattern } from './mask-pattern.ts'

interface Known {
  /** One of these stands in every text that has it. Absent: the expression itself is asked. */
  readonly signs?: readonly string[] | RegExp
  /**
   * Each is linear in the text, which is why no record can make it slow: every repetition has a bound, so that a place is given up after a fixed
   * number of characters. The one that has none, between the ends of a private key, can not run over the beginning of another.
   * None goes over a quote or a backslash, so that what is in no line is in no text of it.
   */
  readonly pattern: RegExp
  /** Where the expression takes in too much. */
  readonly accept?: (found: string) => boolean
  readonly names?: RegExp
}

const known = {
  email: { signs: ['@'], pattern: /[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}/g },
  card: { pattern: /(?<!\d|\d\.)\d(?:[ -]?\d){12,18}(?!\d)/g, accept: isCard },
  ipv4: { pattern: /(?<!\d|\d\.)(?:\d{1,3}\.){3}\d{1,3}(?!\d|\.\d)/g, accept: isAddress },
  jwt: { signs: ['eyJ'], pattern: /eyJ[\w-]{5,1024}\.[\w-]{5,16384}\.[\w-]{0,1024}/g },
  'aws-key': {
    signs: ['AKIA', 'ASIA', 'ABIA', 'ACCA'],
    pattern: /(?<![A-Z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?![A-Z0-9])/g,
  },
  token: {
    signs:
      /bearer|basic|pass[wp]|secret|token|key|session|sig|authoriz|cookie|credential|gh[pousr]_|github_pat_|glpat-|xox|k_live_/i,
    pattern:
      /(?<=\b(?:bearer|basic|token) {1,4})[\w.~+/-]{8,4096}={0,2}|(?<=(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|access[_-]?key|session[_-]?id|sig(?:nature)?) ?[=:] ?'?)[^\s&,;'"\\]{1,4096}|\b(?:gh[pousr]_\w{20,255}|github_pat_\w{20,255}|glpat-[\w-]{20,64}|xox[abeoprs]-[\w-]{10,250}|[sr]k_live_\w{16,255})/gi,
    names:
      /pass(?:word|wd|phrase)|secret|(?:^|[._-])token$|(?:access|refresh|auth|id|api|session|csrf)_?token|api[_-]?key|private[_-]?key|authorization|cookie|credential/i,
  },
  'url-password': { signs: ['://'], pattern: /(?<=:\/\/[^\s/:@'"\\]{0,256}:)[^\s/@'"\\]{1,256}(?=@)/g },
  'private-key': {
    signs: ['PRIVATE KEY-----'],
    pattern: /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[^-"]*(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?/g,
  },
} satisfies Readonly<Record<string, Known>>

export type KnownPattern = keyof typeof known

export const knownPatterns = Object.keys(known) as readonly KnownPattern[]

export function maskPattern(name: KnownPattern): MaskPattern {
  const { signs, pattern, accept, names }: Known = known[name]
  return {
    name,
    mayBeIn: line => (signs ? hasSign(line, signs) : line.search(pattern) !== -1),
    masked: (text, replace) =>
      signs && !hasSign(text, signs)
        ? text
        : text.replace(pattern, found => (accept?.(found) === false ? found : replace(found))),
    ...(names && { names }),
  }
}

const hasSign = (text: string, signs: readonly string[] | RegExp): boolean =>
  signs instanceof RegExp ? signs.test(text) : signs.some(sign => text.includes(sign))

/** By the check digit of ISO/IEC 7812 (Luhn's). */
function isCard(found: string): boolean {
  const digits = found.replaceAll(/\D/g, '')
  let sum = 0
  for (let at = 0; at < digits.length; at++) {
    const digit = Number(digits[digits.length - 1 - at])
    const doubled = at % 2 === 0 ? digit : 2 * digit
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0 && !/^0+$/.test(digits)
}

function isAddress(found: string): boolean {
  return found.split('.').every(part => Number(part) <= 255)
}
