import { nearest } from '../core/nearest.ts'
import { matchesGlob } from './node-set/glob.ts'
import { expandNodeSet } from './node-set.ts'

/** A group as a file defines it: node sets that may refer to other groups. */
export interface GroupDefinition {
  readonly sets: readonly GroupSet[]
  /** Groups whose hosts belong to it too. */
  readonly children: readonly GroupSet[]
}

/** A text of a definition, and how to say that it is wrong. */
export interface GroupSet {
  readonly text: string
  fault(problem: string, details?: { hint?: string | undefined; cause?: unknown }): Error
}

/** Works out which hosts groups have that are defined by each other. */
export class GroupSets {
  readonly #definitions: ReadonlyMap<string, GroupDefinition>
  readonly #declared: readonly string[] | undefined
  readonly #resolved = new Map<string, readonly string[]>()
  readonly #open: string[] = []

  /** `declared` is what `@*` and patterns mean; without it they are errors. */
  constructor(definitions: ReadonlyMap<string, GroupDefinition>, declared?: readonly string[]) {
    this.#definitions = definitions
    this.#declared = declared
  }

  /** @throws what `fault` of the wrong text makes */
  resolveAll(): Map<string, readonly string[]> {
    for (const [name, definition] of this.#definitions) this.#resolve(name, definition)
    return new Map([...this.#definitions.keys()].map(name => [name, this.#resolved.get(name) ?? []]))
  }

  #resolve(name: string, definition: GroupDefinition): readonly string[] {
    const known = this.#resolved.get(name)
    if (known) return known
    this.#open.push(name)
    const namespace = name.includes(':') ? `${name.slice(0, name.indexOf(':'))}:` : ''
    const own = definition.sets.flatMap(set => this.#expand(set, namespace))
    const inherited = definition.children.flatMap(child => this.#child(child))
    this.#open.pop()
    const hosts = [...new Set([...own, ...inherited])]
    this.#resolved.set(name, hosts)
    return hosts
  }

  #expand(set: GroupSet, namespace: string): readonly string[] {
    const declared = this.#declared
    const group = (name: string): readonly string[] | undefined => {
      if (name === '*') return declared
      const found = this.#definitions.has(namespace + name) ? namespace + name : name
      return this.#known(found, set)
    }
    try {
      return expandNodeSet(set.text, {
        group,
        groups: () => [...this.#definitions.keys()],
        ...(declared && { hostsMatching: glob => declared.filter(host => matchesGlob(glob, host)) }),
      })
    } catch (error) {
      if (!isNodeSetError(error)) throw error
      throw set.fault(error.message, { hint: error.hint, cause: error })
    }
  }

  #child(child: GroupSet): readonly string[] {
    const hosts = this.#known(child.text, child)
    if (hosts) return hosts
    const near = nearest(child.text, this.#definitions.keys())
    throw child.fault(`no group is named '${child.text}'`, near === undefined ? {} : { hint: `did you mean ${near}?` })
  }

  #known(name: string, from: GroupSet): readonly string[] | undefined {
    const definition = this.#definitions.get(name)
    if (!definition) return undefined
    if (this.#open.includes(name)) {
      const way = [...this.#open.slice(this.#open.indexOf(name)), name].join(' > ')
      throw from.fault(`the group '${name}' contains itself: ${way}`)
    }
    return this.#resolve(name, definition)
  }
}

/** The groups of each host, in order of the groups. */
export function groupsByHost(members: ReadonlyMap<string, readonly string[]>): Map<string, string[]> {
  const groupsOf = new Map<string, string[]>()
  for (const [group, hosts] of members) {
    for (const host of hosts) {
      const groups = groupsOf.get(host)
      if (groups) groups.push(group)
      else groupsOf.set(host, [group])
    }
  }
  return groupsOf
}

function isNodeSetError(error: unknown): error is Error & { hint?: string } {
  return error instanceof Error && 'code' in error && error.code === 'E_NODE_SET'
}
