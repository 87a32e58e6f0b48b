import type { YamlDocument } from '../../core/component.ts'
import type { Json } from '../../core/json.ts'
import { nearest } from '../../core/nearest.ts'
import { formatPlace, inventoryError } from '../fault.ts'
import { type AnsibleData, type AnsibleGroup, setGroupVar } from './data.ts'
import { expandHostPattern } from './host-pattern.ts'

type Keys = readonly string[]
type Mapping = Readonly<Record<string, Json>>

const sections = ['hosts', 'vars', 'children'] as const

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
    for (const key of Object.keys(content)) this.#checkKey(key, [...keys, key])
    const section = (key: (typeof sections)[number]): Mapping =>
      this.mapping(named(content[key]), [...keys, key], `${key} of '${name}' must be keys with or without values`)
    for (const [key, variable] of Object.entries(section('vars'))) setGroupVar(group, key, variable)
    for (const [child, inner] of Object.entries(section('children'))) {
      const place = [...keys, 'children', child]
      this.#child(group, this.#data.group(child), place)
      this.group(child, inner, place)
    }
    for (const [pattern, vars] of Object.entries(section('hosts')))
      this.#hosts({ group, pattern, vars, keys: [...keys, 'hosts', pattern] })
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
    if (sections.some(known => known === key)) return
    const near = nearest(key, sections)
    if (near !== undefined) throw this.#fault(keys, `'${key}' is not a part of a group`, 'key', `did you mean ${near}?`)
  }

  #fault(keys: Keys, problem: string, part: 'key' | 'value' = 'key', hint?: string): Error {
    return inventoryError({ path: this.#path, ...this.#document.locate(keys, part) }, problem, { hint })
  }
}

/** `hosts: web1` is `hosts: { web1: }`. */
const named = (value: Json | undefined): Json | undefined => (typeof value === 'string' ? { [value]: null } : value)
