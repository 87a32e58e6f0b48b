import { expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { readPackaging, root } from '../../../scripts/release/packaging.ts'

const sourceMap = z.object({ sources: z.array(z.string()), sourcesContent: z.array(z.string().nullable()).optional() })

const readMap = (path: string) => sourceMap.parse(JSON.parse(readFileSync(path, 'utf8')))

/** Text of a source by the name of its package and file, of every source map of a directory. */
function sourcesIn(directory: string, nameOf: (source: string) => string | undefined): Map<string, string | null> {
  const maps = readdirSync(directory).filter(file => file.endsWith('.js.map'))
  const named = maps.flatMap(file => {
    const { sources, sourcesContent = [] } = readMap(join(directory, file))
    return sources.map((source, index) => [nameOf(source), sourcesContent[index] ?? null] as const)
  })
  return new Map(named.flatMap(([name, text]) => (name === undefined ? [] : [[name, text]])))
}

test('a package that comes as one bundle holds those that pkg.config.json says, with the source of the versions that are installed', () => {
  for (const [carrier, carried] of Object.entries(readPackaging().carried)) {
    const directory = join(root, 'node_modules', carrier, 'dist/esm')
    const inside = sourcesIn(directory, source => /node_modules\/((?:@[^/]+\/)?[^/]+\/src\/.*)$/.exec(source)?.[1])
    const names = [...inside.keys()].map(source => source.replace(/\/src\/.*/, ''))
    expect([...new Set(names)].sort()).toEqual(carried)
    for (const name of carried) {
      const installed = sourcesIn(
        join(root, 'node_modules', name, 'dist/esm'),
        source => `${name}/src/${source.replace(/^.*\/src\//, '')}`,
      )
      for (const [source, text] of inside)
        if (source.startsWith(`${name}/`)) expect([source, installed.get(source)]).toEqual([source, text])
    }
  }
})
