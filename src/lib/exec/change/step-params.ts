import type { Component } from '../../core/component.ts'
import type { Json } from '../../core/json.ts'
import { type ChangeKind, parameterNames, paramsOf, spokenBy, tryBuild } from '../../plan/file/components.ts'
import { type ChangeNode, isMapping, shown } from '../../plan/file/node.ts'
import { type ReadSource, SourceError } from '../../plan/file/source.ts'
import type { AskedKind } from './step-kind.ts'

interface Asked {
  readonly entry: ChangeNode
  readonly asked: AskedKind
  readonly component: Component<ChangeKind>
}

/** The parameters of a step as its kind takes them, judged by the kind; undefined when they are no plain data. */
export function readStepParams({ entry, asked, component }: Asked, readSource: ReadSource): Promise<Json | undefined> {
  return asked.short ? shortParams(entry, component) : longParams(asked.node, component, readSource)
}

/** `run` and `rollback` stand in the step itself: the parameters `run` and `undo` of a command. */
async function shortParams(entry: ChangeNode, component: Component<ChangeKind>): Promise<Json | undefined> {
  const rollback = entry.child('rollback')
  const run = entry.child('run')
  if (run.value === null) return run.wrong('nothing stands behind run', { hint: 'write run: [systemctl, reload, nginx]' })
  const plain = [run, rollback].map(paramsOf)
  if (run.value === undefined || plain.includes(undefined)) return undefined
  const params = { run: run.value, ...(rollback.value !== undefined && { undo: rollback.value }) }
  tryBuild(component, {
    params,
    at: ([first, ...rest]) => (first === undefined ? entry : entry.within([first === 'undo' ? 'rollback' : first, ...rest])),
    say: message => message.replace(/^undo\b/, 'rollback'),
    names: ['run', 'rollback'],
  })
  return params
}

async function longParams(node: ChangeNode, component: Component<ChangeKind>, readSource: ReadSource): Promise<Json | undefined> {
  const written = paramsOf(node)
  if (written === undefined) return undefined
  const source = takesSource(component) ? node.child('source') : undefined
  const params = source && !source.isAbsent && isMapping(written) ? await withContents(written, source, readSource) : written
  tryBuild(component, {
    params,
    at: ([first, ...rest]) => {
      if (first === undefined) return node
      return first === 'contentBase64' && source && !source.isAbsent ? source : node.within([first, ...rest])
    },
    say: spokenBy(component.type),
    names: [...parameterNames(component), ...(source ? ['source'] : [])],
    hint: source && !hasContents(params) ? 'give its content, or source: FILE for a local file' : undefined,
  })
  return params
}

/** Where a step carries contents, the file may name a local file that has them. */
export function takesSource(component: Component<ChangeKind>): boolean {
  const names = parameterNames(component)
  return names.includes('contentBase64') && !names.includes('source')
}

const contentKeys = ['content', 'contentBase64']
const hasContents = (params: Json): boolean => isMapping(params) && contentKeys.some(key => Object.hasOwn(params, key))

async function withContents(
  { source: _, ...others }: { readonly [key: string]: Json },
  node: ChangeNode,
  readSource: ReadSource,
): Promise<Json> {
  const other = contentKeys.find(key => Object.hasOwn(others, key))
  if (other !== undefined) node.wrong(`source beside ${other}`, { part: 'key', hint: 'give one of the two' })
  const contents = other === undefined ? await contentsOf(node, readSource) : undefined
  // What is wrong besides is still to be found.
  return other === undefined ? { ...others, contentBase64: Buffer.from(contents ?? []).toString('base64') } : others
}

async function contentsOf(node: ChangeNode, readSource: ReadSource): Promise<Uint8Array | undefined> {
  const path = node.text('the path of a local file')
  if (path === undefined) return undefined
  try {
    return await readSource(path)
  } catch (error) {
    if (!(error instanceof SourceError)) throw error
    return node.wrong(`source ${shown(path)} ${error.message}`, {
      hint: 'a relative path begins at the directory of the change file',
    })
  }
}
