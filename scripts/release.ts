/** `npm run release [-- --target linux-x64 …]`: programs and packages of all targets, with their checksums, in the release directory. */
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import packageJson from '../package.json' with { type: 'json' }
import { artifacts } from './release/artifacts.ts'
import { sizeTable } from './release/bundle-size.ts'
import { compile } from './release/compile.ts'
import { mainPackage } from './release/npm.ts'
import { readPackaging, root, targetsOf } from './release/packaging.ts'
import { preparedRuntime } from './release/runtime.ts'

const { values } = parseArgs({
  options: { target: { type: 'string', multiple: true }, out: { type: 'string' }, fast: { type: 'boolean', default: false } },
})
const config = readPackaging()
const { version, description } = packageJson
const directory = values.out ?? join(root, config.releaseDirectory)
const targets = targetsOf(config, values.target)
const level = values.fast ? { level: 1 } : {}

rmSync(directory, { recursive: true, force: true })
mkdirSync(directory, { recursive: true })
for (const target of targets) {
  const outfile = join(directory, target.name, config.program)
  const metafile = await compile({ config, target, outfile })
  const program = readFileSync(outfile)
  for (const [name, content] of await artifacts({ config, target, metafile, program, version, description, ...level }))
    writeFileSync(join(directory, name), content)
  const runtime = readFileSync(await preparedRuntime(target, config)).length
  process.stdout.write(
    `${sizeTable({ metafile, program: program.length, runtime, name: target.name }).trimEnd().split('\n').at(-1)}\n`,
  )
}
writeFileSync(join(directory, `npm-opsctl-${version}.tgz`), await mainPackage({ version, description }, targetsOf(config)))
cpSync(join(root, 'scripts/release/install.sh'), join(directory, 'install.sh'))
writeFileSync(join(directory, 'SHA256SUMS'), checksums(directory))

/** As `sha256sum -c` reads them: the packages, and each program by its target. */
function checksums(from: string): string {
  const files = readdirSync(from, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
  const paths = files.map(({ parentPath, name }) => join(parentPath, name).slice(from.length + 1)).sort()
  return paths
    .map(
      path =>
        `${createHash('sha256')
          .update(readFileSync(join(from, path)))
          .digest('hex')}  ${path}\n`,
    )
    .join('')
}
