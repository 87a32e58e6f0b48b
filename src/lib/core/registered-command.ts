import type { CommandEntry } from './command.ts'

type Name = Pick<CommandEntry, 'path' | 'summary' | 'passThrough' | 'mutates' | 'configuration' | 'plain'>
type Details = Pick<CommandEntry, 'description' | 'args' | 'flags' | 'examples' | 'exits'>

/**
 * A command of the registry. What is needed of all commands stands in `name`; the rest is JSON text that is read when it is first asked
 * for, since a start asks for one command's and making the objects of all of them took a fifth of its time.
 */
export class RegisteredCommand implements CommandEntry {
  readonly path: CommandEntry['path']
  readonly summary: string
  readonly passThrough?: boolean
  readonly mutates?: boolean
  readonly configuration?: NonNullable<CommandEntry['configuration']>
  readonly plain?: true
  readonly load: CommandEntry['load']
  readonly loadRun?: NonNullable<CommandEntry['loadRun']>
  readonly #text: string
  #details: Details | undefined

  constructor(name: Name, details: string, { load, loadRun }: Pick<CommandEntry, 'load' | 'loadRun'>) {
    this.path = name.path
    this.summary = name.summary
    if (name.passThrough !== undefined) this.passThrough = name.passThrough
    if (name.mutates !== undefined) this.mutates = name.mutates
    if (name.configuration !== undefined) this.configuration = name.configuration
    if (name.plain !== undefined) this.plain = name.plain
    this.#text = details
    this.load = load
    if (loadRun !== undefined) this.loadRun = loadRun
  }

  get description(): string {
    return this.#read().description ?? ''
  }

  get args(): CommandEntry['args'] {
    return this.#read().args
  }

  get flags(): CommandEntry['flags'] {
    return this.#read().flags
  }

  get examples(): CommandEntry['examples'] {
    return this.#read().examples
  }

  get exits(): CommandEntry['exits'] {
    return this.#read().exits
  }

  #read(): Details {
    // Written by scripts/registry.ts from the command itself.
    this.#details ??= JSON.parse(this.#text) as Details
    return this.#details
  }
}
