import type { BunPlugin } from 'bun'
import type { Packaging } from './packaging.ts'

/** What the compiler of the program has to know of the packages of `late`, and of `without`. */
export interface LatePackages {
  readonly plugins: BunPlugin[]
  /** The same account with the modules of these packages in it. @throws Error when one is not in the program, or is in it a second time */
  complete(metafile: Bun.BuildMetafile): Bun.BuildMetafile
}

type Inputs = Bun.BuildMetafile['outputs'][string]['inputs']

interface Bundle {
  readonly text: string
  readonly inputs: Inputs
  /** Names that each module exports. */
  readonly exported: Readonly<Record<string, readonly string[]>>
}

const moduleSpace = 'late-module'
const groupSpace = 'late-group'

/**
 * Packages that come without bytecode. The compiler makes bytecode of every module alike, as deep as `bytecodeDepth` says: so each group is
 * made a bundle of its own, which stands in the program inside a function one level deeper than that.
 */
export async function latePackages({ compile }: Packaging): Promise<LatePackages> {
  const bundles = new Map<string, Bundle>()
  const missing = new Set(Object.keys(compile.without))
  const without = leavesOut(compile.without, missing)
  // One after the other: a build that a plugin starts within a build waits for ever.
  for (const [name, modules] of Object.entries(compile.late)) bundles.set(name, await bundle({ name, modules, without }, compile))
  const groupOf = new Map(Object.entries(compile.late).flatMap(([name, modules]) => modules.map(module => [module, name])))
  return {
    plugins: [without, inPlace(bundles, groupOf, compile.bytecodeDepth)],
    complete: metafile => completed(metafile, { bundles, groupOf, missing }),
  }
}

/** Puts the bundles where the program imports their modules. */
const inPlace = (bundles: ReadonlyMap<string, Bundle>, groupOf: ReadonlyMap<string, string>, depth: number): BunPlugin => ({
  name: 'late packages',
  setup(build) {
    build.onResolve({ filter: /^[@a-z]/ }, ({ path }) => (groupOf.has(path) ? { path, namespace: moduleSpace } : undefined))
    build.onResolve({ filter: new RegExp(`^${groupSpace}:`) }, ({ path }) => ({
      path: path.slice(groupSpace.length + 1),
      namespace: groupSpace,
    }))
    build.onLoad({ filter: /./, namespace: moduleSpace }, ({ path }) => {
      const group = groupOf.get(path) ?? ''
      return { contents: facade(group, path, bundles.get(group)?.exported[path] ?? []), loader: 'js' }
    })
    build.onLoad({ filter: /./, namespace: groupSpace }, ({ path }) => ({
      contents: deepModule(bundles.get(path)?.text ?? '', depth),
      loader: 'js',
    }))
  },
})

interface Group {
  readonly name: string
  readonly modules: readonly string[]
  readonly without: BunPlugin
}

/** All modules of the group as one CommonJS function, so that what they share is there once. */
async function bundle({ name, modules, without }: Group, compile: Packaging['compile']): Promise<Bundle> {
  const entry = `/${groupSpace}-${name}.js`
  const { outputs, metafile } = await Bun.build({
    entrypoints: [entry],
    files: {
      [entry]: modules
        .map(
          module => `export * as ${JSON.stringify(module)} from ${JSON.stringify(Bun.resolveSync(module, import.meta.dirname))}`,
        )
        .join('\n'),
    },
    target: 'bun',
    format: 'cjs',
    minify: compile.minify,
    external: compile.external,
    define: compile.define,
    metafile: true,
    plugins: [without],
  })
  const [output] = outputs
  if (output === undefined || metafile === undefined) throw new Error(`the packages of ${name} could not be bundled`)
  const exported: Record<string, readonly string[]> = {}
  for (const module of modules) exported[module] = Object.keys(await import(Bun.resolveSync(module, import.meta.dirname)))
  const [made] = Object.values(metafile.outputs)
  const inputs = Object.entries(made?.inputs ?? {}).filter(([path]) => !path.endsWith(entry))
  return { text: (await output.text()).replace(/^(\/\/.*\n)+/, ''), inputs: Object.fromEntries(inputs), exported }
}

/** Gives other text in place of parts of a package, and strikes out of `missing` what it found. */
const leavesOut = (without: Readonly<Record<string, string>>, missing: Set<string>): BunPlugin => ({
  name: 'what is left out',
  setup(build) {
    for (const [part, contents] of Object.entries(without))
      build.onLoad({ filter: new RegExp(`/node_modules/${RegExp.escape(part)}$`) }, () => {
        missing.delete(part)
        return { contents, loader: 'js' }
      })
  },
})

/** The module as its importers know it. */
function facade(group: string, module: string, exported: readonly string[]): string {
  const lines = exported.flatMap(name => {
    if (name === 'default') return ['export default module.default']
    return /^[A-Za-z_$][\w$]*$/.test(name) ? [`export const ${name} = module.${name}`] : []
  })
  return [`import group from '${groupSpace}:${group}'`, `const module = group[${JSON.stringify(module)}]`, ...lines].join('\n')
}

/** A function that is called at once, `depth` levels below the outermost one of the module. */
const deepModule = (text: string, depth: number): string =>
  [
    `module.exports = ${'(() => { return '.repeat(depth)}(() => {`,
    'const inner = { exports: {} }',
    `;(${text.trim().replace(/;$/, '')})(inner.exports, require, inner)`,
    'return inner.exports',
    `})()${' })()'.repeat(depth)}`,
  ].join('\n')

interface Found {
  readonly bundles: ReadonlyMap<string, Bundle>
  readonly groupOf: ReadonlyMap<string, string>
  /** What was to be left out and was not met. */
  readonly missing: ReadonlySet<string>
}

function completed(metafile: Bun.BuildMetafile, { bundles, groupOf, missing }: Found): Bun.BuildMetafile {
  if (missing.size > 0) throw new Error(`there is no ${[...missing].join(', ')} that could be left out`)
  const all = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs))
  const unused = [...groupOf.keys()].filter(module => !all.includes(`${moduleSpace}:${module}`))
  if (unused.length > 0) throw new Error(`no module of the program imports ${unused.join(', ')}`)
  const late = new Set([...bundles.values()].flatMap(({ inputs }) => Object.keys(inputs).map(packageOf)))
  const twice = all.find(path => path.includes('node_modules') && late.has(packageOf(path)))
  if (twice !== undefined)
    throw new Error(`${twice} is in the program a second time: what imports it does not belong to its group`)
  const outputs = Object.entries(metafile.outputs).map(([path, output]) => [
    path,
    { ...output, inputs: opened(output.inputs, bundles) },
  ])
  return { ...metafile, outputs: Object.fromEntries(outputs) }
}

/** The modules of a group in place of the group. */
const opened = (inputs: Inputs, bundles: ReadonlyMap<string, Bundle>): Inputs =>
  Object.assign(
    {},
    ...Object.entries(inputs).map(([path, input]) => {
      if (path.startsWith(`${moduleSpace}:`)) return {}
      return path.startsWith(`${groupSpace}:`) ? bundles.get(path.slice(groupSpace.length + 1))?.inputs : { [path]: input }
    }),
  )

/** Directory of the package that a module is of. */
const packageOf = (path: string): string => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? path
