import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

export const root = join(import.meta.dirname, '../..')

const target = z.strictObject({
  /** npm package that brings the runtime; its version and hash are those of package-lock.json. */
  runtime: z.string(),
  /** What Bun's compiler calls the target. */
  compiler: z.templateLiteral(['bun-', z.string()]),
  /** Debian's name of the architecture; absent where no .deb is made. */
  debian: z.string().optional(),
  /** How many names of variables are to be found and silenced in this runtime: another number fails the build. */
  silenced: z.int().nonnegative(),
})

const packaging = z.strictObject({
  entry: z.string(),
  /** Name of the program inside every artifact. */
  program: z.string(),
  /** Of `npm run build`, for this machine. */
  outfile: z.string(),
  releaseDirectory: z.string(),
  compile: z.strictObject({
    minify: z.boolean(),
    /** Without it a start takes twice as long. */
    bytecode: z.boolean(),
    /**
     * Functions nested deeper are compiled when they are first called. A method that is async counts as two levels, so that a start of `exec`
     * calls many of the third and fourth: with 2 it needs a fifteenth more CPU, and the program weighs 0.85 MB less.
     */
    bytecodeDepth: z.int().nonnegative(),
    /**
     * Packages without bytecode, in groups that share modules: their functions are compiled when they are first called. For what daemons load
     * once, or what stands beside connections: bytecode is three times the source, and spares 12 to 26 ms of CPU there. Modules are named as they
     * are imported; what those of a group share is to come from no other place.
     */
    late: z.record(z.string(), z.array(z.string()).min(1)),
    /** Modules, by their path in node_modules, that opsctl does not call, and the text that stands for them. One that is not found fails the build. */
    without: z.record(z.string(), z.string()),
    /**
     * Modules of the source, which keeps to node:, and those that do the same by the runtime's own calls: they stand in the compiled program
     * instead, where that saves a tenth of a start. One that is not found fails the build.
     */
    native: z.record(z.string(), z.string()),
    /** Pieces of code below this size that no start loads alone are put together, since each costs every start that loads it about 0.05 ms. */
    minChunkBytes: z.int().nonnegative(),
    /** So many times the engine's own thresholds have to be passed before machine code is made of a function: a start passes none. */
    jitPolicy: z.int().min(1),
    /** Which functions starts used, most common start first: their bytecode stands together. `npm run build -- --record-starts` writes them. */
    startOrder: z.array(z.string()),
    /** Of the runtime inside: `--expose-gc` lets a run on many hosts free the memory of the hosts that are done. */
    runtimeFlags: z.array(z.string()),
    /** Native add-ons that the bundle does without. */
    external: z.array(z.string()),
    /** CommonJS packages would otherwise get the directory of the build as `__dirname`. */
    define: z.record(z.string(), z.string()),
  }),
  silenced: z.strictObject({
    /** Variables that the runtime must not see; `*` stands for the rest of a name. See docs/adr. */
    variables: z.array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*\*?$/)),
  }),
  targets: z.record(z.string().regex(/^(linux|darwin)-(x64|arm64)(-musl)?$/), target),
})

export type Packaging = z.infer<typeof packaging>

/** One platform that opsctl is built for. */
export interface Target extends z.infer<typeof target> {
  /** As in `linux-x64-musl`. */
  readonly name: string
  readonly os: 'linux' | 'darwin'
  readonly cpu: 'x64' | 'arm64'
  readonly musl: boolean
}

/** pkg.config.json, the one description of what is built from what. */
export const readPackaging = (): Packaging => packaging.parse(JSON.parse(readFileSync(join(root, 'pkg.config.json'), 'utf8')))

/** The targets of these names, or all. @throws Error for a name that is none */
export function targetsOf({ targets }: Packaging, names: readonly string[] = Object.keys(targets)): Target[] {
  return names.map(name => {
    const found = targets[name]
    if (found === undefined) throw new Error(`no target ${name}: there are ${Object.keys(targets).join(', ')}`)
    return {
      ...found,
      name,
      os: name.startsWith('linux') ? 'linux' : 'darwin',
      cpu: name.includes('arm64') ? 'arm64' : 'x64',
      musl: name.endsWith('musl'),
    }
  })
}

/** That of the machine that builds. */
export function hostTarget(config: Packaging): Target {
  const cpu = process.arch === 'arm64' ? 'arm64' : 'x64'
  const musl = process.execPath.includes('-musl/') ? '-musl' : ''
  const [found] = targetsOf(config, [`${process.platform}-${cpu}${musl}`])
  if (found === undefined) throw new Error(`no target for ${process.platform}-${cpu}`)
  return found
}
