import type { Json } from '../../core/json.ts'
import { inventoryError } from '../fault.ts'
import { type AnsibleData, type AnsibleGroup, setGroupVar } from './data.ts'

type Mapping = Readonly<Record<string, Json>>

export interface ListedInventory {
  readonly path: string
  /** What the program printed for `--list`. */
  readonly text: string
  /** The variables of one host (`--host NAME`), for lists without `_meta`. */
  hostVars?(name: string): Promise<string>
}

/**
 * Reads the JSON of a dynamic Ansible inventory into `data`: groups with `hosts`, `vars`, `children` or as a plain list, host variables in
 * `_meta.hostvars` or asked one by one.
 * @throws OpsError E_INVENTORY
 */
export async function readListJson(data: AnsibleData, { path, text, hostVars }: ListedInventory): Promise<void> {
  const list = mapping(parse(path, text), path, 'the list must be an object of groups')
  const named = new Set<string>()
  for (const [name, value] of Object.entries(list)) if (name !== '_meta') readGroup({ data, named, path, name, value })
  const meta = list['_meta'] === undefined ? {} : mapping(list['_meta'], path, '_meta must be an object')
  const known = meta['hostvars'] === undefined ? undefined : mapping(meta['hostvars'], path, '_meta.hostvars must be an object')
  for (const name of named) {
    const asked = known === undefined && hostVars ? await hostVars(name) : ''
    const vars = known === undefined ? parse(path, asked.trim() || '{}') : (known[name] ?? {})
    for (const [key, value] of Object.entries(mapping(vars, path, `the variables of '${name}' must be an object`)))
      data.setVar(name, key, value)
  }
}

interface GroupText {
  readonly data: AnsibleData
  /** Gathers the hosts that the list names. */
  readonly named: Set<string>
  readonly path: string
  readonly name: string
  readonly value: Json
}

function readGroup({ data, named, path, name, value }: GroupText): void {
  const group = data.group(name)
  const { hosts, vars, children } = partsOf(name, value)
  if (hosts !== undefined) {
    const names = strings(hosts, path, `the hosts of '${name}' must be a list of names`)
    data.addHosts({ names, group, origin: path })
    for (const host of names) named.add(host)
  }
  const settings = vars === undefined ? {} : mapping(vars, path, `the variables of '${name}' must be an object`)
  for (const [key, setting] of Object.entries(settings)) setGroupVar(group, key, setting)
  for (const child of strings(children ?? [], path, `the children of '${name}' must be a list of names`))
    addChild({ data, group, child, path })
}

/** A group may be a plain list of hosts, or, with no part of a group in it, the variables of a host of that name. */
function partsOf(name: string, value: Json): { hosts?: Json | undefined; vars?: Json | undefined; children?: Json | undefined } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { hosts: value }
  const group = value as Mapping
  if (['hosts', 'vars', 'children'].some(key => Object.hasOwn(group, key))) return group
  return { hosts: [name], vars: group }
}

function addChild({ data, group, child, path }: { data: AnsibleData; group: AnsibleGroup; child: string; path: string }): void {
  if (data.addChild(group, data.group(child))) return
  throw inventoryError({ path }, `the group '${child}' can not be a child of '${group.name}': it is above it`)
}

function parse(path: string, text: string): Json {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const start = text.trim().slice(0, 40)
    throw inventoryError({ path }, start === '' ? 'printed nothing where JSON was expected' : `'${start}' is not JSON`, { cause })
  }
}

function mapping(value: Json, path: string, problem: string): Mapping {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Mapping
  throw inventoryError({ path }, problem)
}

function strings(value: Json, path: string, problem: string): string[] {
  if (Array.isArray(value) && value.every(each => typeof each === 'string')) return value
  throw inventoryError({ path }, problem)
}
