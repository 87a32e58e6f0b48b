import { dirname, join } from 'node:path'
import type { BunPlugin } from 'bun'
import { type Packaging, root } from './packaging.ts'

export interface NativeModules {
  readonly plugin: BunPlugin
  /** @throws Error when no module of the program imports one of them */
  check(): void
}

/** Puts the modules of `native` in place of those of the source; only they themselves get those of the source. */
export function nativeModules({ compile }: Packaging): NativeModules {
  const places = new Map(Object.entries(compile.native).map(([source, native]) => [join(root, source), join(root, native)]))
  const missing = new Set(places.keys())
  const own = new Set(places.values())
  return {
    plugin: {
      name: 'native modules',
      setup(build) {
        build.onResolve({ filter: /^\.{1,2}\/.*\.ts$/ }, ({ path, importer }) => {
          const source = join(dirname(importer), path)
          const native = own.has(importer) ? undefined : places.get(source)
          if (native === undefined) return undefined
          missing.delete(source)
          return { path: native }
        })
      },
    },
    check() {
      if (missing.size > 0) throw new Error(`no module of the program imports ${[...missing].join(', ')}`)
    },
  }
}
