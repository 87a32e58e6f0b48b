/** Preloaded before opsctl: at its end, the modules that were loaded stand in the file that OPSCTL_TEST_MODULES names. */
import { readFileSync, writeFileSync } from 'node:fs'
import { plugin } from 'bun'

const source = new URL('../../src/', import.meta.url).pathname
const native = new URL('../../scripts/release/native/', import.meta.url).pathname
const loaded = new Set<string>()

plugin({
  name: 'record modules',
  setup(build) {
    build.onLoad({ filter: /\.(ts|js|mjs)$/ }, ({ path, loader }) => {
      const contents = readFileSync(path, 'utf8')
      loaded.add(nameOf(path))
      if (path.endsWith('.ts'))
        for (const [, name] of contents.matchAll(/^import (?!type ).* from '(node:[^']+)'$/gm)) loaded.add(name ?? '')
      return { contents, loader }
    })
  },
})

const nameOf = (path: string): string =>
  path
    .replace(source, '')
    .replace(native, 'native/')
    .replace(/^.*node_modules\//, '')

const builtin = process.getBuiltinModule
process.getBuiltinModule = ((name: string) => {
  loaded.add(name)
  return builtin(name)
}) as typeof builtin

process.on('exit', () => writeFileSync(process.env['OPSCTL_TEST_MODULES'] ?? '', JSON.stringify([...loaded].sort())))
