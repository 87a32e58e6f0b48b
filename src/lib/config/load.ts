import { readFileSync, statSync } from 'node:fs'
import type { FlagEntry, Program } from '../core/command.ts'
import type { YamlDocument } from '../core/component.ts'
import { OpsError } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import { nearest } from '../core/nearest.ts'
import type { ConfigValue, ConfigValues } from './layers.ts'
import { sectionsOf, settableFlags } from './sections.ts'
import { parseYamlDocument } from './yaml-document.ts'

interface LoadOptions {
  readonly program: Program
  readonly uid: number
}

/** What stands in one file. */
export interface ConfigFile {
  /** By `flag`, and by `command.flag` for those in a command's section. */
  readonly values: ConfigValues
  /** Everything that is wrong with its shape; values are checked against schemas later. */
  readonly problems: readonly OpsError[]
}

/**
 * Reads configuration files, the first of which wins: flags by long name at the top level, and in a section a command.
 * @throws OpsError E_CONFIG with file, line, column, the key and the nearest valid one
 */
export function loadConfig(paths: readonly string[], options: LoadOptions): ConfigValues {
  const all = new Map<string, ConfigValue>()
  for (const path of paths) {
    const { values, problems } = readConfigFile(path, options)
    const [first] = problems
    if (first) throw first
    for (const [name, value] of values) if (!all.has(name)) all.set(name, value)
  }
  return all
}

/** One file, with all that is wrong in it. A file that can not be read at all is one problem. */
export function readConfigFile(path: string, { program, uid }: LoadOptions): ConfigFile {
  const values = new Map<string, ConfigValue>()
  const problems: OpsError[] = []
  const document = parse(path, uid)
  if (document instanceof OpsError) return { values, problems: [document] }
  for (const found of settingsIn({ document, path }, program)) {
    if (found instanceof OpsError) problems.push(found)
    else values.set(found.name, found.value)
  }
  return { values, problems }
}

interface Source {
  readonly document: YamlDocument
  readonly path: string
}

interface Setting {
  readonly name: string
  readonly value: ConfigValue
}

function* settingsIn(source: Source, program: Program): Generator<Setting | OpsError> {
  const top = settableFlags(everyFlag(program))
  const commands = sectionsOf(program)
  for (const [key, value] of membersOf(source, [])) {
    const flag = top.get(key)
    const section = commands.get(key)
    if (flag) yield settingOf(source, { keys: [key], value, flag })
    else if (section) yield* settingsOfSection(source, key, section)
    else yield unknownKey(source, [key], [...top.keys(), ...commands.keys()])
  }
  yield* shapeProblem(source, [])
}

function* settingsOfSection(source: Source, name: string, flags: ReadonlyMap<string, FlagEntry>): Generator<Setting | OpsError> {
  for (const [key, value] of membersOf(source, [name])) {
    const flag = flags.get(key)
    yield flag ? settingOf(source, { keys: [name, key], value, flag }) : unknownKey(source, [name, key], [...flags.keys()])
  }
  yield* shapeProblem(source, [name])
}

function parse(path: string, uid: number): YamlDocument | OpsError {
  try {
    const { uid: owner, mode } = statSync(path)
    // A file that somebody else can write may name programs to run: it must not steer a run of this user.
    if (owner !== uid && owner !== 0) {
      return new OpsError('E_CONFIG', `${path}: belongs to another user`, {
        hint: 'look at it, then name it with --config or take it over with chown',
      })
    }
    if ((mode & 0o022) !== 0)
      return new OpsError('E_CONFIG', `${path}: others may write this file`, { hint: `chmod go-w ${path}` })
    return parseYamlDocument(readFileSync(path, 'utf8'), path, 'E_CONFIG')
  } catch (cause) {
    return cause instanceof OpsError ? cause : new OpsError('E_CONFIG', `${path}: the file can not be read`, { cause })
  }
}

function membersOf({ document }: Source, keys: readonly string[]): [string, Json][] {
  const value = at(document, keys)
  return isRecord(value) ? Object.entries(value) : []
}

function* shapeProblem(source: Source, keys: readonly string[]): Generator<OpsError> {
  const value = at(source.document, keys)
  if (value === null || isRecord(value)) return
  yield new OpsError('E_CONFIG', `${place(source, keys)}: ${keys.join('.') || 'the file'} must hold keys and values`)
}

const at = ({ value }: YamlDocument, keys: readonly string[]): Json =>
  keys.reduce<Json>((within, key) => (isRecord(within) ? (within[key] ?? null) : null), value)

interface Found {
  readonly keys: readonly string[]
  readonly value: Json
  readonly flag: FlagEntry
}

function settingOf(source: Source, { keys, value, flag }: Found): Setting | OpsError {
  const origin = place(source, keys)
  const name = keys.join('.')
  const fits = flag.kind === 'list' ? isScalar(value) || (Array.isArray(value) && value.every(isScalar)) : isScalar(value)
  if (fits) return { name, value: { value, origin } }
  return new OpsError('E_CONFIG', `${origin}: ${name} must be ${flag.kind === 'list' ? 'a list of values' : 'one value'}`)
}

function unknownKey({ document, path }: Source, keys: readonly string[], known: readonly string[]): OpsError {
  const { line, column } = document.locate(keys, 'key')
  const close = nearest(keys.at(-1) ?? '', known)
  return new OpsError('E_CONFIG', `${path}:${line}:${column}: there is no setting '${keys.join('.')}'`, {
    hint: close ? `did you mean ${[...keys.slice(0, -1), close].join('.')}?` : '`opsctl config show` lists the settings',
    data: { file: path, line, column, key: keys.join('.') },
  })
}

function place({ document, path }: Source, keys: readonly string[]): string {
  const { line, column } = document.locate(keys)
  return `${path}:${line}:${column}`
}

const everyFlag = ({ globals, commands }: Program): FlagEntry[] => [...globals, ...commands.flatMap(entry => entry.flags)]

const isRecord = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isScalar = (value: Json): boolean => typeof value !== 'object' || value === null
