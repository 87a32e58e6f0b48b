import type { Component, Kind, KindProducts } from './component.ts'
import { OpsError } from './errors.ts'
import { type FileNode, isMapping } from './file-node.ts'
import type { Json } from './json.ts'
import { ParamsError } from './params.ts'

type Path = readonly (string | number)[]

interface Building {
  /** As a component takes them. */
  readonly params: Json
  /** Where a parameter stands in the file. */
  at(path: Path): FileNode
  /** What the component says, in the words of the file. */
  say(message: string): string
  /** The parameters that may be written. */
  readonly names: readonly string[]
  /** For parameters that do not fit together. */
  readonly hint?: string | undefined
}

/** Lets a component judge parameters; everything that it has against them becomes a problem at its place. */
export function tryBuild<K extends Kind>(component: Component<K>, building: Building): KindProducts[K] | undefined {
  try {
    return component.build(building.params)
  } catch (error) {
    const { at, say } = building
    if (error instanceof OpsError) at([]).wrong(say(error.message), { hint: error.hint })
    else if (error instanceof ParamsError) noteFaults([error, ...error.others], building)
    else throw error
    return undefined
  }
}

function noteFaults(faults: readonly ParamsError[], { at, say, names, hint }: Building): void {
  const unknown = faults.filter(({ path, part }) => part === 'key' && path.length === 1)
  for (const { message, path } of unknown) at(path).unknownKey(say(message), names)
  for (const fault of faults) {
    // With a key that is not understood nobody knows whether the others fit together.
    if (unknown.includes(fault) || (fault.path.length === 0 && unknown.length > 0)) continue
    at(fault.path).wrong(say(fault.message), {
      part: fault.part,
      hint: fault.path.length === 0 ? (hint ?? fault.hint) : fault.hint,
    })
  }
}

/** Puts the component that speaks in front of its message. */
export const spokenBy = (type: string) => (message: string) => `${type}: ${message.replace(/^the parameters: /, '')}`

/** Parameters as they stand in the file: nothing behind the type is no parameters. Undefined when they are no plain data. */
export function paramsOf(node: FileNode): Json | undefined {
  if (node.value === null || node.value === undefined) return {}
  return isPlain(node) ? node.value : undefined
}

/** Plain data survives a journal: what JSON would silently change is refused. */
function isPlain(node: FileNode): boolean {
  const { value } = node
  if (typeof value === 'number' && !Number.isFinite(value)) return refused(node, `${value} is not a number that a plan can hold`)
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
    return refused(node, 'this number is too large to be kept exactly', 'put it in quotes')
  }
  if (typeof value !== 'object' || value === null) return true
  if (!Array.isArray(value) && !isMapping(value)) return refused(node, 'this tag makes no plain data', 'write it as text')
  return Object.keys(value)
    .map(key => isPlain(node.child(Array.isArray(value) ? Number(key) : key)))
    .every(Boolean)
}

function refused(node: FileNode, problem: string, hint?: string): false {
  node.wrong(problem, { hint })
  return false
}

/** Names of the parameters that a component's schema lists. */
export function parameterNames({ schema }: Pick<Component, 'schema'>): readonly string[] {
  const properties = isMapping(schema) ? schema['properties'] : undefined
  return isMapping(properties) ? Object.keys(properties) : []
}
