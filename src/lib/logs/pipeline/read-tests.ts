import { readText, readTexts } from '../../core/file-fields.ts'
import { type FileNode, isMapping, shown } from '../../core/file-node.ts'
import { nearest } from '../../core/nearest.ts'
import type { ExpectedRecord, PipelineTest } from './pipeline-test.ts'

const keys = ['name', 'source', 'lines', 'expect', 'dead', 'filtered', 'sinks'] as const
const form = 'write `- { name: …, source: …, lines: [ … ], expect: [ { key: value } ] }`'

interface Names {
  readonly sources: readonly string[]
  readonly sinks: readonly string[]
}

/** `tests:` of a pipeline: what comes of which lines. */
export function readTests(node: FileNode, names: Names): PipelineTest[] {
  if (node.isAbsent) return []
  const tests = (node.entries(form) ?? []).flatMap(each => readTest(each, names) ?? [])
  for (const [index, { name }] of tests.entries())
    if (tests.findIndex(other => other.name === name) < index) node.child(index).wrong(`there are two tests '${name}'`)
  return tests
}

function readTest(node: FileNode, names: Names): PipelineTest | undefined {
  const members = node.members('a test', form)
  if (!members) return undefined
  for (const [key, member] of members)
    if (!keys.some(known => known === key)) member.unknownKey(`unknown key '${key}' in a test`, keys)
  const name = readText(node.child('name'))
  const source = readText(node.child('source'), 'the name of a source')
  for (const key of ['name', 'source', 'lines'] as const)
    if (node.child(key).isAbsent) node.wrong(`a test needs ${key}`, { hint: form })
  if (source !== undefined) checkName(node.child('source'), { noun: 'source', name: source, known: names.sources })
  const text = readLines(node.child('lines'))
  const [expect, sinks] = [readExpect(node.child('expect')), readSinks(node.child('sinks'), names.sinks)]
  const [dead, filtered] = [readCount(node.child('dead')), readCount(node.child('filtered'))]
  if (['expect', 'dead', 'filtered', 'sinks'].every(key => node.child(key).isAbsent))
    node.wrong('a test expects nothing', { hint: 'it has expect:, dead:, filtered: or sinks:' })
  if (name === undefined || source === undefined || text === undefined) return undefined
  return {
    ...{ name, source, text },
    ...(expect && { expect }),
    ...(dead !== undefined && { dead }),
    ...(filtered !== undefined && { filtered }),
    ...(sinks && { sinks }),
  }
}

function checkName(node: FileNode, { noun, name, known }: { noun: string; name: string; known: readonly string[] }): void {
  if (known.includes(name)) return
  const close = nearest(name, known)
  node.wrong(`there is no ${noun} '${name}'`, { hint: close ? `did you mean ${close}?` : `there are ${known.join(', ')}` })
}

function readLines(node: FileNode): string | undefined {
  if (node.isAbsent) return undefined
  const lines = readTexts(node, 'a line').map(({ value }) => String(value))
  return lines.map(line => (line.endsWith('\n') ? line : `${line}\n`)).join('')
}

function readExpect(node: FileNode): ExpectedRecord[] | undefined {
  if (node.isAbsent) return undefined
  return node.entries('write a list of records, `[]` for none')?.flatMap(each => {
    if (!isMapping(each.value)) return each.wrong(`a record must be keys and values, not ${shown(each.value)}`) ?? []
    const { absent: _, ...values } = each.value
    return [{ keys: values, absent: readTexts(each.child('absent'), 'a key').map(({ value }) => String(value)) }]
  })
}

function readSinks(node: FileNode, known: readonly string[]): Record<string, number> | undefined {
  if (node.isAbsent) return undefined
  const counts: Record<string, number> = {}
  for (const [name, member] of node.members('sinks', 'write `sinks: { NAME: 2 }`') ?? []) {
    checkName(member, { noun: 'sink', name, known })
    counts[name] = readCount(member) ?? 0
  }
  return counts
}

function readCount(node: FileNode): number | undefined {
  if (node.isAbsent) return undefined
  const { value } = node
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value
  return node.wrong(`${node.key} must be a number of records, not ${shown(value)}`)
}
