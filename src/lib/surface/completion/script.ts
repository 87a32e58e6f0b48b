import type { Context } from '../../core/context.ts'
import type { Document } from '../../core/report.ts'
import { bashScript } from './bash.ts'
import { fishScript } from './fish.ts'
import { zshScript } from './zsh.ts'

export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

/** The completion script for a shell: thin, since it asks `opsctl __complete` for everything. */
export async function completion(_context: Context, { shell }: { readonly shell: Shell }): Promise<Document> {
  const text = scripts[shell]
  return { mime: 'text/x-shellscript', text, data: { shell, script: text } }
}

const scripts: Readonly<Record<Shell, string>> = { bash: bashScript, zsh: zshScript, fish: fishScript }
