import type { Host } from '../../core/host.ts'
import type { Json } from '../../core/json.ts'
import { type Keys, kindOf, type Mapping, type YamlFile } from './file.ts'

/** What defaults, groups and hosts may say of a host. */
export type Settings = Partial<Pick<Host, 'port' | 'user' | 'via' | 'identityFiles' | 'proxyJump' | 'labels' | 'vars' | 'weight'>>

export const settingKeys = ['user', 'port', 'via', 'identity', 'jump', 'labels', 'vars', 'weight'] as const

/** The settings among the entries of a mapping. @throws OpsError E_INVENTORY */
export function readSettings(file: YamlFile, mapping: Mapping, keys: Keys): Settings {
  const given = new Map(settingKeys.flatMap(key => (Object.hasOwn(mapping, key) ? [[key, mapping[key] ?? null] as const] : [])))
  const read = <T>(key: (typeof settingKeys)[number], wanted: string, parse: (value: Json) => T | undefined): T | undefined => {
    const value = given.get(key)
    if (value === undefined) return undefined
    const parsed = parse(value)
    if (parsed === undefined) throw file.fault([...keys, key], `${key} must be ${wanted}, not ${kindOf(value)}`)
    return parsed
  }
  const settings = {
    user: read('user', 'a user name', text),
    port: read('port', 'a number from 1 to 65535', value => integer(value, 65_535)),
    via: read('via', 'ssh or local', value => (value === 'ssh' || value === 'local' ? value : undefined)),
    identityFiles: read('identity', 'a file or a list of files', texts),
    proxyJump: read('jump', 'a host, a list of hosts or none', value => texts(value)?.join(',')),
    labels: read('labels', 'keys and values', value => labels(value)),
    vars: read('vars', 'keys and values', record),
    weight: read('weight', 'a whole number of at least 1', value => integer(value, 1_000_000)),
  }
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined))
}

/** The later win; labels and variables one by one. */
export function mergeSettings(all: readonly Settings[]): Settings {
  let merged: Settings = {}
  for (const next of all) {
    const labels = { ...merged.labels, ...next.labels }
    const vars = { ...merged.vars, ...next.vars }
    merged = { ...merged, ...next, labels, vars }
  }
  return merged
}

const text = (value: Json): string | undefined => (typeof value === 'string' && value.trim() !== '' ? value : undefined)

function texts(value: Json): string[] | undefined {
  const list = (Array.isArray(value) ? value : [value]).map(text)
  return list.every(each => each !== undefined) && list.length > 0 ? list : undefined
}

function integer(value: Json, most: number): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most ? value : undefined
}

function record(value: Json): Mapping | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Mapping) : undefined
}

/** Numbers and truth values as people write them; nothing that nests. */
function labels(value: Json): Record<string, string> | undefined {
  const entries = Object.entries(record(value) ?? { '': null })
  if (!entries.every(([, label]) => ['string', 'number', 'boolean'].includes(typeof label))) return undefined
  return Object.fromEntries(entries.map(([key, label]) => [key, String(label)]))
}
