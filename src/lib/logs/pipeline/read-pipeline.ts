import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseYamlDocument } from '../../config/yaml-document.ts'
import type { Context } from '../../core/context.ts'
import { errnoOf } from '../../core/errno.ts'
import { OpsError } from '../../core/errors.ts'
import { isName, readSize, readWords } from '../../core/file-fields.ts'
import { FileNode, isMapping } from '../../core/file-node.ts'
import { Problems } from '../../core/file-problems.ts'
import { readRules } from '../rules/read-rules.ts'
import { readShape, shapeKeys } from '../shape/index.ts'
import { checkFiles } from './check-files.ts'
import type { Pipeline, PipelineSink, SpoolLimits } from './pipeline.ts'
import { readSink } from './read-sink.ts'
import { readSource } from './read-source.ts'
import { readTests } from './read-tests.ts'
import { rulesAlone } from './rules-alone.ts'

const keys = ['sources', ...shapeKeys, 'rules', 'alerts', 'sinks', 'spool', 'tests'] as const
const spoolKeys = ['max', 'when_full'] as const
const mebi = 1024 * 1024
const defaultSpool: SpoolLimits = { maxBytes: 1024 * mebi, whenFull: 'wait' }

/** Reads the file of a pipeline. Nothing is opened or contacted, and no secret is read. @throws OpsError E_CONFIG with everything that is wrong */
export async function readPipeline(context: Pick<Context, 'program' | 'component' | 'paths'>, path: string): Promise<Pipeline> {
  const document = parseYamlDocument(await textOf(resolve(context.paths.cwd, path), path), path, 'E_CONFIG')
  const problems = new Problems({ document, path, code: 'E_CONFIG' })
  const top = new FileNode(document.value, problems)
  const members = top.members('a pipeline', 'it has sources:, and sinks: or rules:')
  if (!members) problems.throwAny()
  for (const [key, node] of members ?? [])
    if (!keys.some(known => known === key)) node.unknownKey(`unknown key '${key}' in a pipeline`, keys)
  const sources = await readNamed(top.child('sources'), 'source', node => readSource(context, node))
  const names = namesIn(top.child('sources'))
  const sinks = await readSinks(context, { top, sources: names })
  const spool = readSpool(top.child('spool'))
  const shape = readShape(top, context.paths)
  const rules = await readRules({ rules: top.child('rules'), alerts: top.child('alerts'), sources: names }, context)
  checkFiles({ sources, sinks, cwd: context.paths.cwd }, top)
  const tests = readTests(top.child('tests'), { sources: names, sinks: namesIn(top.child('sinks')) })
  const unread = names.filter(name => !sinks.some(sink => sink.sources?.includes(name) ?? true))
  if (rules && unread.length > 0) sinks.push(rulesAlone(unread))
  else {
    // Whoever names a source wrongly means one of these.
    problems.throwAny()
    tellUnread(top.child('sources'), unread)
  }
  problems.throwAny()
  return { sources, sinks, spool, tests, ...(shape && { shape }), ...(rules && { rules }) }
}

/** Of those that are wrong too: who refers to them makes no further mistake. */
const namesIn = ({ value }: FileNode): string[] => (isMapping(value) ? Object.keys(value) : [])

/** Where there are rules there need be no sinks. */
async function readSinks(
  context: Pick<Context, 'program' | 'component'>,
  { top, sources }: { readonly top: FileNode; readonly sources: readonly string[] },
): Promise<PipelineSink[]> {
  const node = top.child('sinks')
  if (node.isAbsent && !top.child('rules').isAbsent) return []
  return readNamed(node, 'sink', member => readSink({ components: context, sources }, member))
}

function tellUnread(sources: FileNode, names: readonly string[]): void {
  for (const name of names)
    sources
      .child(name)
      .wrong(`nobody gets what ${name} reads`, { part: 'key', hint: 'name it in from: of a sink, or watch it by rules:' })
}

/** Members by their names; there is at least one. */
async function readNamed<T>(
  node: FileNode,
  noun: 'source' | 'sink',
  read: (node: FileNode) => Promise<T | undefined>,
): Promise<T[]> {
  const form = `write \`${noun}s: { NAME: { type: file, … } }\``
  if (node.isAbsent) return node.wrong(`a pipeline needs ${noun}s`, { hint: form }) ?? []
  const found: T[] = []
  const members = node.members(`${noun}s`, form)
  for (const [name, member] of members ?? []) {
    if (!isName(name))
      member.wrong(`'${name}' can not be the name of a ${noun}`, { part: 'key', hint: 'letters, digits, . _ and -' })
    const one = await read(member)
    if (one !== undefined) found.push(one)
  }
  if (members?.size === 0) node.wrong(`there are no ${noun}s`, { hint: form })
  return found
}

function readSpool(node: FileNode): SpoolLimits {
  if (node.isAbsent) return defaultSpool
  for (const [key, member] of node.members('spool', 'it has max: and when_full:') ?? [])
    if (!spoolKeys.some(known => known === key)) member.unknownKey(`unknown key '${key}' in spool`, spoolKeys)
  const [whenFull] = readWords(node.child('when_full'), ['wait', 'drop']) ?? []
  return {
    maxBytes: readSize(node.child('max'), 16 * mebi) ?? defaultSpool.maxBytes,
    whenFull: whenFull ?? defaultSpool.whenFull,
  }
}

async function textOf(file: string, path: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file))
  } catch (cause) {
    const why = cause instanceof TypeError ? 'is not UTF-8 text' : `can not be read: ${errnoOf(cause) ?? cause}`
    throw new OpsError('E_CONFIG', `${path}: the pipeline ${why}`, { cause })
  }
}
