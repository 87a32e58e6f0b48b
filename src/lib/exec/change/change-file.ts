import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Context } from '../../core/context.ts'
import { OpsError } from '../../core/errors.ts'
import type { ExecOptions } from '../options.ts'

/**
 * The change file that the only word of the command names; undefined for a command.
 * @throws OpsError E_USAGE for flags behind it, and for one that is not there: hosts have no program of such a name
 */
export function changeFileOf(
  { paths }: Pick<Context, 'paths'>,
  { command, script }: Pick<ExecOptions, 'command'> & Partial<Pick<ExecOptions, 'script'>>,
): string | undefined {
  const [word, next, ...others] = command
  if (script !== undefined || word === undefined || !(word.endsWith('.yaml') || word.endsWith('.yml'))) return undefined
  if (!existsSync(resolve(paths.cwd, word))) {
    if (next !== undefined || /\s/.test(word)) return undefined
    throw new OpsError('E_USAGE', `there is no change file ${word}`, {
      hint: `for a program of that name on the hosts: \`opsctl exec -- sh -c ${word}\``,
    })
  }
  if (next === undefined) return word
  // All words behind the first belong to a command: --dry-run would be one of them, and the file a program on the hosts.
  if (!next.startsWith('-')) return undefined
  throw new OpsError('E_USAGE', `${next} stands behind the change file ${word}`, {
    hint: `put flags before it, as in \`opsctl exec ${[next, ...others, word].join(' ')}\``,
  })
}
