import { type ChangeNode, isMapping, shown } from '../../plan/file/node.ts'
import { readTime } from '../../plan/file/settings.ts'

/** What is asked again and again while a drill goes on. */
export interface ProbeSpec {
  readonly name: string
  readonly asks: ProbeQuestion
  readonly everyMs: number
  /** Of one sample: one that takes longer has failed. */
  readonly timeoutMs: number
  /** Name of the host that asks; absent for this machine. */
  readonly from?: AskingHost
}

export interface AskingHost {
  readonly name: string
  /** `path:line:column`. */
  readonly place: string
}

export type ProbeQuestion =
  /** Succeeds with status 0. */
  | { readonly is: 'command'; readonly command: string | readonly string[] }
  | { readonly is: 'http'; readonly url: string; readonly status: number }
  | { readonly is: 'tcp'; readonly address: string; readonly port: number }

const form = 'write `write: { command: [redis-cli, ping], every: 100ms }`'
const questions = ['command', 'http', 'tcp'] as const
const probeKeys = [...questions, 'every', 'timeout', 'from', 'expect_status'] as const
export const defaultEveryMs = 100
const leastEveryMs = 10
const leastTimeoutMs = 1000

export function readProbes(node: ChangeNode): readonly ProbeSpec[] {
  if (node.isAbsent) return []
  return [...(node.members('probes', form) ?? [])].flatMap(([name, member]) => readProbe(name, member) ?? [])
}

function readProbe(name: string, node: ChangeNode): ProbeSpec | undefined {
  if (!/^[A-Za-z][\w-]{0,40}$/.test(name)) {
    return node.wrong(`'${name.slice(0, 80)}' can not be the name of a probe`, { part: 'key', hint: 'letters, digits, _ and -' })
  }
  const members = node.members('a probe', form)
  if (!members) return undefined
  for (const [key, member] of members) {
    if (!probeKeys.some(known => known === key)) member.unknownKey(`unknown key '${key}' in a probe`, probeKeys)
  }
  const [first, second] = questions.filter(key => members.has(key))
  if (second)
    return node
      .child(second)
      .wrong(`two questions in one probe: ${first} and ${second}`, { part: 'key', hint: 'make two probes of them' })
  if (!first) return node.wrong(`the probe ${name} asks nothing`, { hint: `it needs one of ${questions.join(', ')}` })
  const asks = readQuestion(first, node)
  const everyMs = readTime(node.child('every'), { absent: defaultEveryMs, leastMs: leastEveryMs })
  const timeoutMs = readTime(node.child('timeout'), { absent: Math.max(leastTimeoutMs, everyMs ?? 0), leastMs: 1 })
  const from = readFrom(node, first)
  if (first !== 'http' && members.has('expect_status'))
    node.child('expect_status').wrong('only http answers with a status', { part: 'key' })
  if (asks === undefined || everyMs === undefined || timeoutMs === undefined) return undefined
  return { name, asks, everyMs, timeoutMs, ...(from !== undefined && { from }) }
}

function readFrom(node: ChangeNode, question: string): AskingHost | undefined {
  const from = node.child('from')
  const name = from.isAbsent ? undefined : from.text('here or the name of a host')
  if (name === undefined || name === 'here') return undefined
  if (question === 'command') return { name, place: from.place }
  return from.wrong(`${question} is asked from here`, {
    hint: 'make it a command, such as [curl, -fsS, URL], to ask from a host',
  })
}

function readQuestion(kind: (typeof questions)[number], node: ChangeNode): ProbeQuestion | undefined {
  if (kind === 'command') return readCommand(node.child('command'))
  if (kind === 'tcp') return readTcp(node.child('tcp'))
  const url = readUrl(node.child('http'))
  const status = readStatus(node.child('expect_status'))
  return url === undefined || status === undefined ? undefined : { is: 'http', url, status }
}

function readCommand(node: ChangeNode): ProbeQuestion | undefined {
  const { value } = node
  if (!Array.isArray(value)) {
    const line = isMapping(value)
      ? node.wrong('command must be a line for sh or a list of words')
      : node.text('a line for sh or a list of words')
    return line === undefined ? undefined : { is: 'command', command: line }
  }
  const words = (node.entries() ?? []).flatMap(entry => entry.scalar('a word') ?? [])
  return words.length === 0 ? node.wrong('command is an empty list') : { is: 'command', command: words }
}

function readTcp(node: ChangeNode): ProbeQuestion | undefined {
  const text = node.text('HOST:PORT')
  if (text === undefined) return undefined
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(text) ?? []
  const address = bracketed ?? plain
  if (address === undefined || Number(port) < 1 || Number(port) > 65_535) {
    return node.wrong(`tcp must be HOST:PORT, not ${shown(text)}`, { hint: 'write db1:5432 or [2001:db8::1]:5432' })
  }
  return { is: 'tcp', address, port: Number(port) }
}

export function readUrl(node: ChangeNode): string | undefined {
  const text = node.text('an address like http://web1/health')
  if (text === undefined || (/^https?:\/\/[^\s/]/.test(text) && URL.canParse(text))) return text
  return node.wrong(`${node.key}: ${shown(text)} is not an address`, { hint: 'write http://web1/health' })
}

/** 200 where the file says nothing. */
export function readStatus(node: ChangeNode): number | undefined {
  const { value } = node
  if (node.isAbsent) return 200
  if (typeof value === 'number' && Number.isInteger(value) && value >= 100 && value <= 599) return value
  return node.wrong(`${node.key} must be a status from 100 to 599, not ${shown(value)}`)
}
