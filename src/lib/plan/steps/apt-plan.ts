import { z } from 'zod'

/** A package that apt would install, exchange or remove. */
export const PackageChange = z.object({
  /** With the architecture where it is not the host's own. */
  name: z.string(),
  /** null when it is not installed. */
  from: z.string().nullable(),
  /** null when it is to be removed. */
  to: z.string().nullable(),
})
export type PackageChange = z.output<typeof PackageChange>

/** What `apt-get -s` says that it would do: lines `Inst NAME [OLD] (NEW ORIGIN [ARCH])`, `Remv NAME [OLD]`, `Purg NAME [OLD]`. */
export function readAptPlan(text: string): PackageChange[] {
  const changes = new Map<string, PackageChange>()
  for (const line of text.split('\n')) {
    const [, word, name = '', from = null, to = null] = /^(Inst|Remv|Purg) (\S+)(?: \[([^\]]+)\])?(?: \((\S+))?/.exec(line) ?? []
    if (word === undefined) continue
    changes.set(name, { name, from, to: word === 'Inst' ? to : null })
  }
  return [...changes.values()]
}

/** The words for apt-get install that turn changes back: `NAME=OLD`, and `NAME-` for what was not there. */
export const wayBack = (changes: readonly PackageChange[]): string[] =>
  changes.map(({ name, from }) => (from === null ? `${name}-` : `${name}=${from}`))
