import { commandFiles } from './command-template.ts'
import { inventoryFiles } from './inventory-template.ts'
import { rendererFiles } from './renderer-template.ts'

/** A file to be written, by its path in the repository. */
export interface NewFile {
  readonly path: string
  readonly text: string
}

export interface Plan {
  readonly files: readonly NewFile[]
  /** Commands to run once the files are there, after everything generated has been made anew. */
  readonly runs: readonly (readonly string[])[]
  /** What the author does next. */
  readonly next: readonly string[]
}

const kinds: Readonly<Record<string, (name: string) => Plan>> = {
  renderer: rendererFiles,
  inventory: inventoryFiles,
  command: commandFiles,
}

/** What `npm run new KIND NAME` makes. @throws Error for a kind or a name that can not be */
export function planNew(kind: string | undefined, words: readonly string[]): Plan {
  const make = kinds[kind ?? '']
  const name = words.join(' ')
  if (make === undefined || words.length === 0) throw new Error(`usage: npm run new ${Object.keys(kinds).join('|')} NAME`)
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*( [a-z][a-z0-9]*(-[a-z0-9]+)*)*$/.test(name) || (kind !== 'command' && words.length > 1)) {
    throw new Error(`'${name}' is no name: lower case, words joined by '-', as in web-page`)
  }
  return make(name)
}

/** `web-page` as an identifier: `webPage`. */
export const camel = (name: string): string => name.replace(/[- ]([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
