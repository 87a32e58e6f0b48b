// Compiles the standalone binary for this machine as pkg.config.json describes it, and tells what makes it large.
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { sizeTable } from './release/bundle-size.ts'
import { compile } from './release/compile.ts'
import { hostTarget, readPackaging, root } from './release/packaging.ts'
import { recordStarts } from './release/record-starts.ts'
import { preparedRuntime } from './release/runtime.ts'

const config = readPackaging()
if (process.argv.includes('--record-starts')) await recordStarts(config)
const target = hostTarget(config)
const outfile = join(root, config.outfile)
const metafile = await compile({ config, target, outfile })
const sizeOf = (file: string): number => statSync(file).size
process.stdout.write(
  sizeTable({ metafile, program: sizeOf(outfile), runtime: sizeOf(await preparedRuntime(target, config)), name: config.outfile }),
)
