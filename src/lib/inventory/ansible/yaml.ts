import type { YamlDocument } from '../../core/component.ts'
import type { Json } from '../../core/json.ts'
import { nearest } from '../../core/nearest.ts'
import { formatPlace, inventoryError } from '../fault.ts'
import { type AnsibleData, type AnsibleGroup, setGroupVar } from './data.ts'
import { expandHostPattern } from './host-pattern.ts'

type Keys = readonly string[]
type Mapping = Readonly<Record<string, Json>>

const sections = ['hosts', 'vars', 'children'] as const
type Section = (typeof sections)[number]
const isSection = (key: string): key is Section => sections.some(known => known === key)

/**
 * Reads an Ansible inventory in YAML form into `data`: groups by name, each with `hosts`, `vars` and `children`.
 * @throws OpsError E_INVENTORY with file, line and column
 */
export function readAnsibleYaml(data: AnsibleData, document: YamlDocument, path: string): void {
  const reader = new YamlReader(data, document, path)
  if (document.value === null) return
  const groups = reader.mapping(document.value, [], 'an inventory holds groups by name')
  for (const [name, value] of Object.entries(groups)) reader.group(name, value, [name])
}

class YamlReader {
  readonly #data: AnsibleData
  readonly #document: YamlDocument
  readonly #path: string

  constructor(data: AnsibleData, document: YamlDocument, path: string) {
    this.#data = data
    this.#document = document
    this.#path = path
  }

  group(name: string, value: Json, keys: Keys): void {
    const group = this.#data.group(name)
    const content = this.mapping(value, keys, `the group '${name}' must hold hosts, vars and children`)
    for (const [key, part] of Object.entries(content)) {
      if (isSection(key)) this.#section({ group, key, value: part, keys: [...keys, key] })
      else this.#checkKey(key, [...keys, key])
    }
  }

  #section({ group, key, value, keys }: { group: AnsibleGroup; key: Section; value: Json; keys: Keys }): void {
    const entries = Object.entries(
      this.mapping(named(value), keys, `${key} of '${group.name}' must be keys with or without values`),
    )
    for (const [name, inner] of entries) {
      const place = [...keys, name]
      if (key === 'vars') setGroupVar(group, name, inner)
      else if (key === 'hosts') this.#hosts({ group, pattern: name, vars: inner, keys: place })
      else {
        this.#child(group, this.#data.group(name), place)
        this.group(name, inner, place)
      }
    }
  }

  /** An absent value is an empty mapping. */
  mapping(value: Json | undefined, keys: Keys, problem: string): Mapping {
    if (value === null || value === undefined) return {}
    if (typeof value === 'object' && !Array.isArray(value)) return value as Mapping
    throw this.#fault(keys, problem, 'value')
  }

  #child(parent: AnsibleGroup, child: AnsibleGroup, keys: Keys): void {
    if (this.#data.addChild(parent, child)) return
    throw this.#fault(keys, `the group '${child.name}' can not be a child of '${parent.name}': it is above it`)
  }

  #hosts({ group, pattern, vars, keys }: { group: AnsibleGroup; pattern: string; vars: Json; keys: Keys }): void {
    const hosts = expandHostPattern(pattern)
    if (typeof hosts === 'string') throw this.#fault(keys, hosts)
    const { line } = this.#document.locate(keys, 'key')
    this.#data.addHosts({ ...hosts, group, origin: formatPlace({ path: this.#path, line }) })
    const settings = Object.entries(this.mapping(vars, keys, `the variables of '${pattern}' must be keys and values`))
    for (const name of hosts.names) for (const [key, value] of settings) this.#data.setVar(name, key, value)
  }

  /** Ansible only warns of a key it does not know. One that looks like a slip for a known one would lose hosts. */
  #checkKey(key: string, keys: Keys): void {
    const near = nearest(key, sections)
    if (near !== undefined) throw this.#fault(keys, `'${key}' is not a part of a group`, 'key', `did you mean ${near}?`)
  }

  #fault(keys: Keys, problem: string, part: 'key' | 'value' = 'key', hint?: string): Error {
    return inventoryError({ path: this.#path, ...this.#document.locate(keys, part) }, problem, { hint })
  }
}

/** `hosts: web1` is `hosts: { web1: }`. */
const named = (value: Json | undefined): Json | undefined => (typeof value === 'string' ? { [value]: null } : value)
