import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { withoutZeros } from './elf.ts'
import { latePackages } from './late-packages.ts'
import { signMachO } from './mach-o.ts'
import { nativeModules } from './native-modules.ts'
import { type Packaging, root, type Target } from './packaging.ts'
import { checkProgram } from './program-check.ts'
import { preparedRuntime } from './runtime.ts'

export interface CompileJob {
  readonly config: Packaging
  readonly target: Target
  /** Its directory is made; the name of the program inside is that of pkg.config.json, whatever this is called. */
  readonly outfile: string
  /** In place of that of pkg.config.json. */
  readonly entry?: string
  /** In place of the prepared one of the target. */
  readonly runtime?: string
}

/** Compiles the program for one target. The bytes depend on the sources, the packages and the target, not on place or time. */
export async function compile({
  config,
  target,
  outfile,
  entry = join(root, config.entry),
  runtime,
}: CompileJob): Promise<Bun.BuildMetafile> {
  const directory = join(dirname(outfile), `.${basename(outfile)}-${target.name}`)
  mkdirSync(directory, { recursive: true })
  try {
    // The name of the file becomes part of its content.
    const made = join(directory, config.program)
    const late = await latePackages(config)
    const native = nativeModules(config)
    const { success, logs, metafile } = await Bun.build({
      entrypoints: [entry],
      ...(entry.startsWith(root) && { root }),
      target: 'bun',
      format: 'esm',
      splitting: true,
      minChunkSize: config.compile.minChunkBytes,
      minify: config.compile.minify,
      bytecode: config.compile.bytecode,
      bytecodeDepth: config.compile.bytecodeDepth,
      external: config.compile.external,
      define: config.compile.define,
      plugins: [...late.plugins, native.plugin],
      metafile: true,
      compile: {
        target: config.targets[target.name]?.compiler as Bun.Build.CompileTarget,
        executablePath: runtime ?? (await preparedRuntime(target, config)),
        outfile: made,
        execArgv: config.compile.runtimeFlags,
        jitPolicy: config.compile.jitPolicy,
        bytecodeOrder: config.compile.startOrder.map(file => join(root, file)),
        autoloadDotenv: false,
        autoloadBunfig: false,
        autoloadTsconfig: false,
        autoloadPackageJson: false,
      },
    })
    for (const log of logs) process.stderr.write(`${log}\n`)
    if (!success || metafile === undefined) throw new Error(`could not compile ${target.name}`)
    // Bun leaves the signature of the runtime in place on x64, where it no longer holds.
    const program = readFileSync(made)
    writeFileSync(made, target.os === 'darwin' ? signMachO(program, config.program) : withoutZeros(program))
    checkProgram(readFileSync(made), target)
    renameSync(made, outfile)
    native.check()
    return late.complete(metafile)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
