import type { Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'

/** What writes records to stdout has no other form there. @throws OpsError E_USAGE */
export function demandJsonLines({ settings: { outputs } }: Pick<Context, 'settings'>): void {
  const other = outputs.find(({ format, file }) => file === undefined && !['human', 'ndjson', 'json'].includes(format))
  if (other)
    throw new OpsError('E_USAGE', `-o ${other.format}: records go to stdout as JSON lines`, {
      hint: `-o ${other.format}=FILE has what came of the sources`,
    })
  const file = outputs.find(({ format }) => format === 'human')?.file
  if (file === undefined) return
  throw new OpsError('E_USAGE', `${file} would stay empty: records go to stdout as JSON lines`, {
    hint: `write > ${file} for them; -o json=FILE has what came of the sources`,
  })
}
