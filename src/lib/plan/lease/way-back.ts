import { randomBytes } from 'node:crypto'
import type { LoneCommand } from '../../core/plan.ts'
import { quoteArgv } from '../../transport/quote.ts'

/** The way back of one step, or what comes after that of all steps: the handlers. */
export interface WayBack {
  /** Steps are taken back from the highest to the lowest; what comes after them goes from the lowest to the highest. */
  readonly order: number
  readonly after?: boolean
  readonly commands: readonly LoneCommand[]
}

/** What the guard did with it. */
export interface WayBackEnd {
  readonly order: number
  readonly after: boolean
  /** `open`: not begun, or not to its end. */
  readonly outcome: 'done' | 'failed' | 'open'
  /** Of one that failed. */
  readonly message?: string
}

/** A file for the guard, which calls its `attempt` for each command, and the files that those read. */
interface WayBackFiles {
  readonly name: string
  /** Of the files; random, so that no two callers write to the same. */
  readonly tag: string
  readonly parts: readonly Uint8Array[]
}

/** @throws OpsError E_USAGE for words that no command can hold */
export function wayBackFiles({ order, after, commands }: WayBack): WayBackFiles {
  const name = `${after ? 'after' : 'step'}-${String(order).padStart(9, '0')}`
  const tag = `${name}-${randomBytes(8).toString('hex')}`
  const inputs = commands.flatMap(({ stdin }) => (stdin === undefined ? [] : stdin))
  const lines = commands.map(({ does, argv, stdin }) => {
    const file = stdin === undefined ? '/dev/null' : `"$lease/parts/${tag}.${1 + inputs.indexOf(stdin)}"`
    return `${quoteArgv(['attempt', does])} ${file} ${quoteArgv(argv)}\n`
  })
  return { name, tag, parts: [Buffer.from(lines.join('')), ...inputs] }
}

/** Reads the names that the guard gives to its files, with its last words. */
export function wayBackEnds(fields: readonly string[]): WayBackEnd[] {
  return fields.flatMap((field, index) => {
    const [, outcome, place, order] = /^(?:(done|failed)-)?(step|after)-(\d+)$/.exec(field) ?? []
    if (index % 2 === 1 || place === undefined) return []
    const message = fields[index + 1]?.replace(/\s+/g, ' ').trim()
    return {
      order: Number(order),
      after: place === 'after',
      outcome: outcome === 'done' || outcome === 'failed' ? outcome : 'open',
      ...(outcome === 'failed' && message && { message }),
    }
  })
}
