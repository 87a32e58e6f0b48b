import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { latePackages } from '../../../scripts/release/late-packages.ts'
import { type Packaging, readPackaging, root } from '../../../scripts/release/packaging.ts'
import { tempDir } from '../../helpers/temp-dir.ts'

const config = readPackaging()
const semver = 'semver/index.js'
const coerce = 'semver/functions/coerce.js'
const semverWithout = (without: Readonly<Record<string, string>>): Packaging => ({
  ...config,
  compile: { ...config.compile, late: { versions: [semver] }, without },
})

/** What a program with these packages prints, and the account of what is in it. */
async function built(packaging: Packaging, source: string) {
  const late = await latePackages(packaging)
  const entry = join(root, 'entry.ts')
  const made = await Bun.build({
    entrypoints: [entry],
    files: { [entry]: source },
    target: 'bun',
    minify: true,
    metafile: true,
    plugins: late.plugins,
  })
  if (made.metafile === undefined || made.outputs[0] === undefined) throw new Error('not built')
  await using directory = await tempDir()
  const program = join(directory.path, 'program.js')
  await Bun.write(program, made.outputs[0])
  const { stdout } = Bun.spawnSync([process.execPath, program])
  return { printed: stdout.toString(), contents: late.complete(made.metafile) }
}

describe('packages without bytecode', () => {
  test('do what they do otherwise, and stand in the account of the program', async () => {
    const source = `import { satisfies } from '${semver}'; console.log(satisfies('1.2.3', '>=1 <2'), satisfies('2.0.0', '<2'))`
    const { printed, contents } = await built(semverWithout({}), source)
    expect(printed).toBe('true false\n')
    const modules = Object.values(contents.outputs).flatMap(({ inputs }) => Object.keys(inputs))
    expect(modules.some(path => path.endsWith('node_modules/semver/classes/range.js'))).toBe(true)
    expect(modules.filter(path => path.startsWith('late-'))).toEqual([])
  })

  test('go without what is left out', async () => {
    const packaging = semverWithout({ [coerce]: "module.exports = () => 'left out'" })
    const { printed } = await built(packaging, `import { coerce } from '${semver}'; console.log(coerce('1'))`)
    expect(printed).toBe('left out\n')
  })

  test('fail the build where what is to be left out is not there', async () => {
    const packaging = semverWithout({ 'semver/functions/moved.js': '' })
    await expect(built(packaging, `import { valid } from '${semver}'; console.log(valid)`)).rejects.toThrow(
      'there is no semver/functions/moved.js that could be left out',
    )
  })

  test('fail the build when nothing imports them, or something imports them in another way too', async () => {
    await expect(built(semverWithout({}), 'console.log(1)')).rejects.toThrow(`no module of the program imports ${semver}`)
    const source = `import { valid } from '${semver}'; import valid2 from 'semver/functions/valid.js'; console.log(valid, valid2)`
    await expect(built(semverWithout({}), source)).rejects.toThrow(/node_modules\/semver\/.* is in the program a second time/)
  })
})
