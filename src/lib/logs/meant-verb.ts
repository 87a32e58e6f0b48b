import { access } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import { nearest } from '../core/nearest.ts'

/** For `ship-logs lnit pipeline.yaml` and `ship-logs dlq`: what is no file, and nearly a verb. @throws OpsError E_USAGE */
export async function demandNoVerb({ program, paths }: Context, [first]: readonly string[]): Promise<void> {
  if (first === undefined || !/^[a-z]+$/.test(first)) return
  const verbs = program.commands.flatMap(({ path: [command, ...verb] }) =>
    command === 'ship-logs' && verb.length > 0 ? [verb] : [],
  )
  const close = nearest(first, new Set(verbs.map(([word = '']) => word)))
  if (close === undefined) return
  const isThere = await access(resolve(paths.cwd, first)).then(
    () => true,
    () => false,
  )
  if (isThere) return
  const meant = verbs.filter(([word]) => word === close).map(verb => `\`opsctl ship-logs ${verb.join(' ')}\``)
  throw new OpsError('E_USAGE', `there is no file '${first}', and no such verb`, { hint: `did you mean ${meant.join(' or ')}?` })
}
