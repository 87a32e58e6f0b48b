import { join } from 'node:path'
import { parseYamlDocument } from '../../src/lib/config/yaml-document.ts'
import type { InventoryTools } from '../../src/lib/core/component.ts'
import { OpsError } from '../../src/lib/core/errors.ts'
import type { Inventory } from '../../src/lib/core/host.ts'
import { loadInventory } from '../../src/lib/inventory/load.ts'
import { components } from './ansible.ts'

export type Files = Readonly<Record<string, string>>

/** Tools over files in memory; what begins with `#!` is a program and prints what comes after its first line. */
export function memoryTools(files: Files): InventoryTools {
  const paths = Object.keys(files)
  const isDirectory = (path: string): boolean => paths.some(file => file.startsWith(`${join(path)}/`))
  return {
    signal: new AbortController().signal,
    async input(path) {
      const text = files[path]
      if (text !== undefined) return { path, text, executable: text.startsWith('#!'), directory: false }
      if (isDirectory(path)) return { path, executable: false, directory: true }
      throw new OpsError('E_INVENTORY', `${path}: there is no such file or directory`)
    },
    readFile: async path => files[join(path)],
    async readDirectory(directory) {
      const path = join(directory).replace(/\/$/, '')
      const below =
        path === '.' ? paths : paths.flatMap(file => (file.startsWith(`${path}/`) ? [file.slice(path.length + 1)] : []))
      return [...new Set(below.map(file => file.replace(/\/.*/, '/')))].sort()
    },
    parseYaml: async (text, path, dialect) => parseYamlDocument(text, path, 'E_INVENTORY', dialect),
    runProgram: async path => (files[path] ?? '').replace(/^.*\n/, ''),
  }
}

export const loadFiles = (files: Files, ...sources: string[]): Promise<Inventory> =>
  loadInventory({ sources, components, tools: memoryTools(files) })
