import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Component } from '../../src/lib/core/component.ts'

const folder = join(import.meta.dirname, '../../src/lib/render')

/** Every renderer there is: the files of the folder that have a default export. */
export async function renderers(): Promise<Component<'renderer'>[]> {
  const files = readdirSync(folder).filter(file => file.endsWith('.ts'))
  const modules = await Promise.all(files.map(file => import(join(folder, file))))
  return modules.map(module => module.default).filter(component => component !== undefined)
}
