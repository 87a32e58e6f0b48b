import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseYamlDocument } from '../../config/yaml-document.ts'
import type { Context } from '../../core/context.ts'
import { errnoOf } from '../../core/errno.ts'
import { OpsError } from '../../core/errors.ts'
import { parameterNames, paramsOf, spokenBy, tryBuild } from '../../core/file-component.ts'
import { FileNode, isMapping } from '../../core/file-node.ts'
import { Problems } from '../../core/file-problems.ts'
import type { LogSource } from '../../core/log-source.ts'
import { nearest } from '../../core/nearest.ts'
import type { Sink } from '../../core/sink.ts'
import { formatOf } from '../formats/known-formats.ts'
import type { Pipeline, PipelineSink, PipelineSource } from './pipeline.ts'

const keys = ['sources', 'sinks'] as const
const framing = { maxLineBytes: 1024 * 1024, longLines: 'cut' } as const
const defaultSpool = { maxBytes: 1024 * 1024 * 1024, whenFull: 'wait' } as const

type Reading = Pick<Context, 'program' | 'component' | 'paths'>

/** Reads the file of a pipeline. Nothing is opened or contacted, and no secret is read. @throws OpsError E_CONFIG with everything that is wrong */
export async function readPipeline(context: Reading, path: string): Promise<Pipeline> {
  const document = parseYamlDocument(await textOf(resolve(context.paths.cwd, path), path), path, 'E_CONFIG')
  const problems = new Problems({ document, path, code: 'E_CONFIG' })
  const top = new FileNode(document.value, problems)
  for (const [key, node] of top.members('a pipeline', 'it has sources: and sinks:') ?? []) {
    if (!keys.some(known => known === key)) node.unknownKey(`unknown key '${key}' in a pipeline`, keys)
  }
  const sources: PipelineSource[] = []
  for (const [name, node] of top.child('sources').members('sources') ?? []) {
    const source = await readComponent(context, node, { kind: 'source', own: ['format'] })
    const format = formatOf(node.child('format').isAbsent ? 'auto' : (node.child('format').text() ?? 'auto'))
    if (source) sources.push({ name, source, framing, ...(format && { format }) })
  }
  const sinks: PipelineSink[] = []
  for (const [name, node] of top.child('sinks').members('sinks') ?? []) {
    const sink = await readComponent(context, node, { kind: 'sink', own: [] })
    if (sink) sinks.push({ name, sink })
  }
  problems.throwAny()
  return { sources, sinks, spool: defaultSpool }
}

interface Wanted<K extends 'source' | 'sink'> {
  readonly kind: K
  /** Keys that are not the component's. */
  readonly own: readonly string[]
}

async function readComponent<K extends 'source' | 'sink'>(
  { program, component }: Reading,
  node: FileNode,
  { kind, own }: Wanted<K>,
): Promise<{ source: LogSource; sink: Sink }[K] | undefined> {
  const types = program.components.filter(entry => entry.kind === kind).map(({ type }) => type)
  const there = `there are ${types.join(', ')}`
  if (!node.members(`the ${kind} ${node.key}`, `it has a type:, ${there}`)) return undefined
  const type = node.child('type').text()
  if (type === undefined) return undefined
  if (!types.includes(type)) {
    const close = nearest(type, types)
    return node.child('type').wrong(`there is no ${kind} of type '${type}'`, { hint: close ? `did you mean ${close}?` : there })
  }
  const params = paramsOf(node)
  if (!isMapping(params)) return undefined
  const found = await component(kind, type)
  const mine = Object.fromEntries(Object.entries(params).filter(([key]) => key !== 'type' && !own.includes(key)))
  return tryBuild<K>(found, {
    params: mine,
    at: path => node.within(path),
    say: spokenBy(type),
    names: ['type', ...own, ...parameterNames(found)],
  })
}

async function textOf(file: string, path: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file))
  } catch (cause) {
    const why = cause instanceof TypeError ? 'is not UTF-8 text' : `can not be read: ${errnoOf(cause) ?? cause}`
    throw new OpsError('E_CONFIG', `${path}: the pipeline ${why}`, { cause })
  }
}
