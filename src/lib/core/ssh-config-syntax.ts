import { OpsError } from './errors.ts'

/** Where something stands in an OpenSSH configuration. */
export interface SshConfigPlace {
  readonly file: string
  /** One-based. */
  readonly line: number
}

/** One line with a keyword. What the keyword means is not looked at here. */
export interface SshConfigLine extends SshConfigPlace {
  /** Lower case. */
  readonly keyword: string
  /** The words after it, quotes and escapes resolved, comments cut. */
  readonly args: readonly string[]
  /** All after the keyword as it is written: commands and Match criteria are read from this. */
  readonly rest: string
}

/**
 * The lines of an ssh_config(5) text, tokenised as OpenSSH 9.2 does it (readconf.c and argv_split() of misc.c): a keyword, white space or one
 * `=`, then words. There is no line continuation; `#` starts a comment at the start of a word; `\"`, `\'`, `\\` and, outside quotes, `\ ` are escapes.
 * @throws OpsError E_SSH_CONFIG with file and line for a keyword without argument and for quotes that do not close
 */
export function parseSshConfigText(text: string, file: string): SshConfigLine[] {
  const lines: SshConfigLine[] = []
  let number = 0
  for (const line of text.split('\n')) {
    number++
    const parsed = parseSshConfigLine(line, { file, line: number })
    if (parsed) lines.push(parsed)
  }
  return lines
}

/** One line, or undefined when it says nothing. */
export function parseSshConfigLine(text: string, place: SshConfigPlace): SshConfigLine | undefined {
  const [keyword, after] = takeKeyword(text.replace(/(?<=.)[ \t\r\f]+$/, ''))
  if (keyword === undefined || keyword === '' || keyword.startsWith('#')) return undefined
  const rest = (after ?? '').replace(/^[ \t\r]+/, '')
  if (rest === '') throw sshConfigError(place, `keyword '${keyword}' has no argument`)
  const args = splitArguments(rest)
  if (!args) throw sshConfigError(place, `quotes are not closed after '${keyword}'`)
  return { ...place, keyword: keyword.toLowerCase(), args, rest }
}

/** An error in a configuration file, named by file and line. */
export function sshConfigError(place: SshConfigPlace, message: string, hint?: string): OpsError {
  return new OpsError('E_SSH_CONFIG', `${place.file}:${place.line}: ${message}`, {
    ...(hint === undefined ? {} : { hint }),
    data: { file: place.file, line: place.line },
  })
}

/** The next word of a line and what is left, as strdelim() of misc.c: ended by white space, quotes or one `=`. A missing quote gives no word. */
export function takeWord(text: string): readonly [word: string | undefined, rest: string | undefined] {
  const end = text.search(/[ \t\r\n"=]/)
  if (end === -1) return [text, undefined]
  if (text[end] === '"') {
    const close = text.indexOf('"', end + 1)
    if (close === -1) return [undefined, undefined]
    return [text.slice(0, end) + text.slice(end + 1, close), text.slice(close + 1).replace(/^[ \t\r\n]+/, '')]
  }
  const after = text.slice(end + 1).replace(/^[ \t\r\n]+/, '')
  const skipsEquals = text[end] !== '=' && after.startsWith('=')
  return [text.slice(0, end), skipsEquals ? after.slice(1).replace(/^[ \t\r\n]+/, '') : after]
}

function takeKeyword(text: string): readonly [string | undefined, string | undefined] {
  const [word, rest] = takeWord(text)
  // Leading white space counts as an empty first word.
  return word === '' && rest !== undefined ? takeWord(rest) : [word, rest]
}

/** Words of an argument list; undefined when quotes do not close. */
function splitArguments(text: string): string[] | undefined {
  const args: string[] = []
  let at = 0
  while (at < text.length) {
    const char = text[at]
    if (char === ' ' || char === '\t') {
      at++
    } else if (char === '#') {
      break
    } else {
      const word = readArgument(text, at)
      if (!word) return undefined
      args.push(word.value)
      at = word.end
    }
  }
  return args
}

function readArgument(text: string, start: number): { value: string; end: number } | undefined {
  let value = ''
  let quote = ''
  let at = start
  for (; at < text.length; at++) {
    const char = text[at] ?? ''
    const following = text[at + 1] ?? ''
    if (char === '\\' && following !== '' && (`'"\\`.includes(following) || (quote === '' && following === ' '))) {
      value += following
      at++
    } else if (quote === '' && (char === ' ' || char === '\t')) {
      break
    } else if (quote === '' && (char === '"' || char === "'")) {
      quote = char
    } else if (char === quote) {
      quote = ''
    } else {
      value += char
    }
  }
  return quote === '' ? { value, end: at } : undefined
}
