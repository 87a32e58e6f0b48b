/** `npm run release [-- --target linux-x64 …]`: the programs of all targets. */

import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { compile } from './release/compile.ts'
import { readPackaging, root, targetsOf } from './release/packaging.ts'

const { values } = parseArgs({ options: { target: { type: 'string', multiple: true } } })
const config = readPackaging()
for (const target of targetsOf(config, values.target)) {
  const outfile = join(root, config.releaseDirectory, 'programs', target.name, config.program)
  await compile({ config, target, outfile })
  process.stdout.write(`${target.name}\n`)
}
