// Compiles the standalone binary for this machine as pkg.config.json describes it.
import { mkdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'

const root = join(import.meta.dirname, '..')

const packaging = z.strictObject({
  entry: z.string(),
  outfile: z.string(),
  minify: z.boolean(),
  bytecode: z.boolean(),
  /** Of the runtime inside: `--expose-gc` lets a run on many hosts free the memory of the hosts that are done. */
  runtimeFlags: z.array(z.string()),
  /** Native add-ons that the bundle does without. */
  external: z.array(z.string()),
})

const config = packaging.parse(JSON.parse(readFileSync(join(root, 'pkg.config.json'), 'utf8')))
const outfile = join(root, config.outfile)
mkdirSync(dirname(outfile), { recursive: true })

const result = await Bun.build({
  entrypoints: [join(root, config.entry)],
  target: 'bun',
  format: 'esm',
  splitting: true,
  minify: config.minify,
  bytecode: config.bytecode,
  external: config.external,
  compile: {
    outfile,
    execArgv: config.runtimeFlags,
    autoloadDotenv: false,
    autoloadBunfig: false,
    autoloadTsconfig: false,
    autoloadPackageJson: false,
  },
})
for (const log of result.logs) process.stderr.write(`${log}\n`)
process.stdout.write(`${config.outfile}: ${(statSync(outfile).size / 1024 / 1024).toFixed(1)} MiB\n`)
