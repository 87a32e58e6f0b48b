import { nearest } from '../../core/nearest.ts'
import { type SshConfigLine, sshConfigError } from '../../core/ssh-config-syntax.ts'
import { parsePort, parseProxyJump } from './destination.ts'
import type { Keyword, ValueKind } from './keywords.ts'

const maxInt = 2_147_483_647

/**
 * The values of one line in normal form; none when the line sets nothing (`ConnectTimeout none`).
 * @throws OpsError E_SSH_CONFIG for what OpenSSH refuses
 */
export function readValues(line: SshConfigLine, { kind }: Keyword): string[] {
  switch (kind.type) {
    case 'command':
      return [line.rest.replace(/^[ \t\r\n=]+/, '')]
    case 'jump':
      return [readJump(line)]
    case 'unused':
      return [line.args.join(' ')]
    case 'dropped':
      return []
    case 'words-once':
      return readWordsOnce(line)
    case 'send-env':
      return readNames(line)
    case 'set-env':
      return readAssignments(line)
    default:
      return readOne(line, onlyArgument(line), kind)
  }
}

/** Seconds of `1m30s`, `90`, `2h`; undefined when it is no time. */
export function parseSeconds(text: string): number | undefined {
  if (!/^(?:\d+[smhdw]?)+$/i.test(text)) return undefined
  const factors: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }
  let total = 0
  for (const [, count, unit] of text.matchAll(/(\d+)([a-z]?)/gi)) {
    total += Number(count) * (factors[(unit ?? '').toLowerCase()] ?? 1)
  }
  return total <= maxInt ? total : undefined
}

function readOne(line: SshConfigLine, value: string, kind: ValueKind): string[] {
  switch (kind.type) {
    case 'words':
      return [readWord(line, value, kind.words)]
    case 'number':
      if (!/^\d+$/.test(value) || Number(value) > maxInt) throw bad(line, value, 'a whole number')
      return [String(Number(value))]
    case 'port':
      if (parsePort(value) === 0) throw bad(line, value, 'a port from 1 to 65535')
      return [String(parsePort(value))]
    case 'seconds': {
      if (value === 'none') return []
      const seconds = parseSeconds(value)
      if (seconds === undefined) throw bad(line, value, 'a time such as 90, 30s or 1m30s')
      return [String(seconds)]
    }
    case 'agent':
      return [readAgent(line, value, kind.flag)]
    default:
      return [value]
  }
}

function readWord(line: SshConfigLine, value: string, words: Readonly<Record<string, string>>): string {
  const known = words[value.toLowerCase()]
  if (known !== undefined) return known
  const names = Object.keys(words)
  const close = nearest(value, names)
  const hint = close === undefined ? undefined : `did you mean '${close}'?`
  throw sshConfigError(line, `${line.keyword}: '${value}' is none of ${names.join(', ')}`, hint)
}

function readAgent(line: SshConfigLine, value: string, flag: boolean): string {
  const yesNo: Readonly<Record<string, string>> = { yes: 'yes', true: 'yes', no: 'no', false: 'no' }
  const known = flag ? yesNo[value.toLowerCase()] : undefined
  if (known !== undefined) return known
  if (/^\$(?!\{)/.test(value) && !/^\$\w+$/.test(value)) throw bad(line, value, 'the name of an environment variable')
  return value
}

function readJump(line: SshConfigLine): string {
  const value = line.rest.replace(/^[ \t\r\n=]+/, '')
  if (!parseProxyJump(value)) throw bad(line, value, "'none' or [user@]host[:port],…")
  return value
}

function onlyArgument(line: SshConfigLine): string {
  const [first, second] = line.args
  if (first === undefined || first === '') throw sshConfigError(line, `keyword '${line.keyword}' has no argument`)
  if (second !== undefined) throw sshConfigError(line, `keyword '${line.keyword}' has one argument too many: '${second}'`)
  return first
}

function readWordsOnce(line: SshConfigLine): string[] {
  if (line.args.includes('')) throw sshConfigError(line, `keyword '${line.keyword}' has an empty argument`)
  if (line.args.length > 1 && line.args.some(word => word.toLowerCase() === 'none')) {
    throw sshConfigError(line, `keyword '${line.keyword}': 'none' must stand alone`)
  }
  return [...line.args]
}

function readNames(line: SshConfigLine): string[] {
  const wrong = line.args.find(name => name === '' || name.includes('='))
  if (wrong !== undefined) throw bad(line, wrong, 'the name of an environment variable')
  return [...line.args]
}

function readAssignments(line: SshConfigLine): string[] {
  const wrong = line.args.find(word => !word.includes('='))
  if (wrong !== undefined) throw bad(line, wrong, 'NAME=value')
  const byName = new Map<string, string>()
  for (const word of line.args) {
    const name = word.slice(0, word.indexOf('='))
    if (!byName.has(name)) byName.set(name, word)
  }
  return [...byName.values()]
}

const bad = (line: SshConfigLine, value: string, wanted: string): Error =>
  sshConfigError(line, `${line.keyword}: '${value}' is not ${wanted}`)
