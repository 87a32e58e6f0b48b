import { readFileSync, statSync } from 'node:fs'
import type { FlagEntry, Program } from '../core/command.ts'
import type { YamlDocument } from '../core/component.ts'
import { OpsError } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import { nearest } from '../core/nearest.ts'
import { parseYamlDocument } from './yaml-document.ts'

export interface LoadedValue {
  readonly value: Json
  /** `file:line:column`. */
  readonly origin: string
}

interface LoadOptions {
  readonly program: Program
  readonly uid: number
}

/**
 * Reads configuration files, the first of which wins: flags by long name at the top level, and in a section a command.
 * @throws OpsError E_CONFIG with file, line, column, the key and the nearest valid one
 */
export function loadConfig(paths: readonly string[], options: LoadOptions): Map<string, LoadedValue> {
  const values = new Map<string, LoadedValue>()
  for (const path of paths) {
    for (const [name, value] of readConfigFile(path, options)) if (!values.has(name)) values.set(name, value)
  }
  return values
}

/** One file's values by `flag` and `command.flag`. @throws OpsError E_CONFIG */
export function readConfigFile(path: string, { program, uid }: LoadOptions): Map<string, LoadedValue> {
  const document = parse(path, uid)
  const values = new Map<string, LoadedValue>()
  for (const [key, value] of Object.entries(sectionOf(document, [], path))) {
    const flag = settable(everyFlag(program)).get(key)
    if (flag) {
      values.set(key, located({ document, path, keys: [key], value, flag }))
      continue
    }
    const section = sections(program).get(key)
    if (section === undefined)
      throw unknownKey({
        document,
        path,
        keys: [key],
        known: [...settable(everyFlag(program)).keys(), ...sections(program).keys()],
      })
    for (const [inner, innerValue] of Object.entries(sectionOf(document, [key], path))) {
      const innerFlag = settable(section).get(inner)
      if (!innerFlag) throw unknownKey({ document, path, keys: [key, inner], known: [...settable(section).keys()] })
      values.set(`${key}.${inner}`, located({ document, path, keys: [key, inner], value: innerValue, flag: innerFlag }))
    }
  }
  return values
}

function parse(path: string, uid: number): YamlDocument {
  const { uid: owner, mode } = statSync(path)
  // A file that somebody else can write may name programs to run: it must not steer a run of this user.
  if (owner !== uid && owner !== 0) {
    throw new OpsError('E_CONFIG', `${path}: belongs to another user`, {
      hint: `look at it, then name it with --config or take it over with chown`,
    })
  }
  if ((mode & 0o022) !== 0) throw new OpsError('E_CONFIG', `${path}: others may write this file`, { hint: `chmod go-w ${path}` })
  return parseYamlDocument(readFileSync(path, 'utf8'), path, 'E_CONFIG')
}

function sectionOf(document: YamlDocument, keys: readonly string[], path: string): Readonly<Record<string, Json>> {
  const value = keys.reduce<Json>((at, key) => (isRecord(at) ? (at[key] ?? null) : null), document.value)
  if (value === null) return {}
  if (isRecord(value)) return value
  throw new OpsError('E_CONFIG', `${place(document, path, keys)}: ${keys.join('.') || 'the file'} must hold keys and values`)
}

interface Located {
  readonly document: YamlDocument
  readonly path: string
  readonly keys: readonly string[]
}

function located({ document, path, keys, value, flag }: Located & { value: Json; flag: FlagEntry }): LoadedValue {
  const origin = place(document, path, keys)
  const fits = flag.kind === 'list' ? isScalar(value) || (Array.isArray(value) && value.every(isScalar)) : isScalar(value)
  if (!fits)
    throw new OpsError(
      'E_CONFIG',
      `${origin}: ${keys.join('.')} must be ${flag.kind === 'list' ? 'a list of values' : 'one value'}`,
    )
  return { value, origin }
}

function unknownKey({ document, path, keys, known }: Located & { known: readonly string[] }): OpsError {
  const typed = keys.at(-1) ?? ''
  const { line, column } = document.locate(keys, 'key')
  const close = nearest(typed, known)
  return new OpsError('E_CONFIG', `${path}:${line}:${column}: there is no setting '${keys.join('.')}'`, {
    hint: close ? `did you mean ${[...keys.slice(0, -1), close].join('.')}?` : '`opsctl config show` lists the settings',
    data: { file: path, line, column, key: keys.join('.') },
  })
}

function place(document: YamlDocument, path: string, keys: readonly string[]): string {
  const { line, column } = document.locate(keys)
  return `${path}:${line}:${column}`
}

const everyFlag = ({ globals, commands }: Program): FlagEntry[] => [...globals, ...commands.flatMap(entry => entry.flags)]

const settable = (flags: readonly FlagEntry[]): Map<string, FlagEntry> =>
  new Map(flags.filter(flag => !flag.commandLineOnly).map(flag => [flag.long, flag]))

/** Sections are the first words of commands. */
function sections({ globals, commands }: Program): Map<string, FlagEntry[]> {
  const byName = Map.groupBy(commands, entry => entry.path[0] ?? '')
  return new Map([...byName].map(([name, entries]) => [name, [...globals, ...entries.flatMap(entry => entry.flags)]]))
}

const isRecord = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isScalar = (value: Json): boolean => typeof value !== 'object' || value === null
