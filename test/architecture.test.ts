import { describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'

const src = join(import.meta.dirname, '../src')

/** Layers, highest first; members of one row may not import each other. A file imports only from lower rows and its own room. */
const layers: readonly (readonly string[])[] = [
  ['main'],
  ['cli'],
  ['commands'],
  ['patrol'],
  ['exec', 'copy', 'doctor', 'probe', 'sync', 'harden', 'drill', 'report', 'logs'],
  ['plan'],
  ['fleet'],
  ['alert'],
  ['transport', 'inventory', 'config', 'render'],
  ['run', 'journal', 'net', 'io'],
  ['surface'],
  ['core'],
]

/** The rooms of a row that may import a neighbour of the same row. */
const neighbours: readonly string[] = ['journal > run', 'io > run']

/** Outside things and the only places that may import or name them. */
const owners: Readonly<Record<string, readonly string[]>> = {
  ssh2: ['lib/transport/'],
  execa: ['lib/transport/proxy-command.ts'],
  'node:child_process': ['lib/transport/local-process.ts'],
  commander: ['lib/cli/parse.ts'],
  chalk: ['lib/io/style.ts'],
  ora: ['lib/io/drawn-progress.ts'],
  'p-limit': ['lib/run/bounded.ts'],
  'tar/header': ['lib/transport/archive.ts'],
  'tar/pax': ['lib/transport/archive.ts'],
  yaml: ['lib/config/'],
  diff: ['lib/core/unified-diff.ts'],
  saxes: ['lib/harden/oscap/xccdf-results.ts', 'lib/probe/assert/xml-path.ts'],
  '@marcbachmann/cel-js': ['lib/core/expression.ts', 'lib/core/record-condition.ts'],
  liquidjs: ['lib/sync/template.ts'],
  'jsonpath-rfc9535': ['lib/probe/assert/json-path.ts'],
  re2js: ['lib/core/pattern.ts'],
  semver: ['lib/probe/assert/version.ts'],
  'dns-packet': ['lib/net/dns/'],
  rfc6902: ['lib/sync/json-patch.ts'],
  'ajv/dist/2020.js': ['lib/config/schema-check.ts'],
  '@bufbuild/protobuf/wire': ['lib/logs/shape/protobuf/', 'lib/logs/sinks/over-http/otlp-protobuf.ts'],
  aws4fetch: ['lib/logs/sinks/s3/'],
  'ajv-formats': ['lib/config/schema-check.ts'],
  'node:net': ['lib/net/'],
  'node:tls': ['lib/net/'],
  'node:http': ['lib/net/'],
  'node:https': ['lib/net/'],
  'node:http2': ['lib/net/'],
  'node:dns': ['lib/net/'],
  'node:dns/promises': ['lib/net/'],
  'node:dgram': ['lib/net/'],
  kafkajs: ['lib/logs/sinks/kafka/'],
  '@nats-io/jetstream': ['lib/logs/sinks/nats/'],
  '@nats-io/transport-node': ['lib/logs/sinks/nats/'],
  '@redis/client': ['lib/patrol/registry/'],
  'node:sqlite': ['lib/run/private-database.ts', 'lib/patrol/history/', 'lib/logs/store/'],
}

/** Words of code that only some places may use. */
const words: Readonly<Record<string, readonly string[]>> = {
  'process\\.env': ['main.ts', 'program.ts'],
  'process\\.exit\\b': ['main.ts', 'program.ts'],
  'process\\.(stdin|stdout|stderr)': ['program.ts', 'lib/io/'],
  'Date\\.now\\(': ['lib/io/system-clock.ts'],
  'performance\\.now': ['lib/io/system-clock.ts'],
  // The other places are scripts for the browser, shipped as text.
  '\\b(setTimeout|setInterval)\\(': ['lib/io/system-clock.ts', 'lib/render/page/', 'lib/patrol/page/'],
  'Math\\.random': ['program.ts'],
  '\\bBun\\.': [],
}

interface Import {
  readonly file: string
  readonly target: string
  readonly typeOnly: boolean
}

const files = readdirSync(src, { recursive: true, withFileTypes: true })
  .filter(entry => entry.isFile() && entry.name.endsWith('.ts'))
  .map(entry => relative(src, join(entry.parentPath, entry.name)))
  .sort()
const read = (file: string): string => readFileSync(join(src, file), 'utf8')
const generated = (file: string): boolean => file.endsWith('.generated.ts')

/** Static, dynamic and type-only imports alike. */
const imports: readonly Import[] = files
  .filter(file => !generated(file))
  .flatMap(file =>
    [...read(file).matchAll(/(?:^(?:import|export) (type )?[^'()]*?from |import\()'([^']+)'/gm)].map(([, type, target = '']) => ({
      file,
      target,
      typeOnly: type !== undefined,
    })),
  )

const local = imports
  .filter(({ target }) => target.startsWith('.') && target.endsWith('.ts'))
  .map(edge => ({ ...edge, target: normalize(join(dirname(edge.file), edge.target)) }))

describe('the layers', () => {
  test('are known for every file', () => {
    expect(files.filter(file => rank(room(file)) === -1 && !generated(file))).toEqual([])
  })

  test('are imported only downwards', () => {
    const wrong = local.filter(({ file, target }) => !generated(target) && !mayImport(room(file), room(target)))
    expect(wrong.map(({ file, target }) => `${file} > ${target}`)).toEqual([])
  })

  test('have one importer of each generated file', () => {
    expect(local.filter(({ target }) => generated(target)).map(({ file, target }) => `${file} > ${target}`)).toEqual([
      'main.ts > answers.generated.ts',
      'program.ts > registry.generated.ts',
    ])
  })

  test('have domains that are entered by their index only, or by what of it needs no schemas', () => {
    const domains = ['exec', 'copy', 'doctor', 'probe', 'sync', 'harden', 'drill', 'report', 'logs', 'fleet', 'patrol', 'alert']
    const inside = local.filter(
      ({ file, target }) => domains.includes(room(target)) && room(file) !== room(target) && !/\/(index|work)\.ts$/.test(target),
    )
    expect(inside.map(({ file, target }) => `${file} > ${target}`)).toEqual([])
  })

  test('have no cycles, but for types that name each other', () => {
    expect(cycle(local.filter(({ typeOnly }) => !typeOnly))).toEqual([])
  })
})

describe('outside things', () => {
  test('have one importer each', () => {
    const wrong = imports.filter(({ file, target }) => owners[target] && !owners[target].some(place => file.startsWith(place)))
    expect(wrong.map(({ file, target }) => `${file} > ${target}`)).toEqual([])
  })

  test.each(Object.entries(words))('%s is used only in %p', (word, places) => {
    const uses = files.filter(
      file => new RegExp(word).test(withoutComments(read(file))) && !places.some(place => file.startsWith(place)),
    )
    expect(uses).toEqual([])
  })

  test('are all used: every dependency is imported', () => {
    const { dependencies } = JSON.parse(readFileSync(join(src, '../package.json'), 'utf8'))
    const imported = new Set(imports.map(({ target }) => /^(@[^/]+\/)?[^/]+/.exec(target)?.[0]))
    expect(Object.keys(dependencies).filter(name => !imported.has(name))).toEqual([])
  })
})

describe('modules', () => {
  test('keep no mutable state', () => {
    const wrong = files.filter(file => file !== 'program.ts' && /^(export )?let /m.test(read(file)))
    expect(wrong).toEqual([])
  })

  test('wait for nothing while they load', () => {
    expect(files.filter(file => /^(const .*= |export const .*= )?await /m.test(read(file)))).toEqual([])
  })
})

/** `main` for the files of src itself, `commands`, or the folder below lib. */
function room(file: string): string {
  if (file === 'main.ts' || file === 'program.ts') return 'main'
  const [first = '', second = ''] = file.split('/')
  return first === 'lib' ? second : first
}

function rank(name: string): number {
  return layers.findIndex(row => row.includes(name))
}

function mayImport(from: string, to: string): boolean {
  return from === to || rank(from) < rank(to) || neighbours.includes(`${from} > ${to}`)
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')
}

/** One import cycle as a list of files; empty when there is none. */
function cycle(edges: readonly Import[]): string[] {
  const targets = Map.groupBy(edges, edge => edge.file)
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]): string[] => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return []
    for (const { target } of targets.get(file) ?? []) {
      const found = visit(target, [...path, file])
      if (found.length > 0) return found
    }
    done.add(file)
    return []
  }
  for (const file of targets.keys()) {
    const found = visit(file, [])
    if (found.length > 0) return found
  }
  return []
}
