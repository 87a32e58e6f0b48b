import type { Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'

/** Asks whether to go on, unless --yes has said so; `look` is how to see first what would be done. @throws OpsError E_CONFIRM for anything but a yes, and where nobody can be asked */
export async function confirm(
  { settings, prompt, signal }: Context,
  question: string,
  { look = '--dry-run' }: { readonly look?: string | undefined } = {},
): Promise<void> {
  if (settings.assumeYes) return
  if (!settings.mayPrompt) {
    throw new OpsError('E_CONFIRM', `nobody can be asked: ${question}`, {
      hint: `look at it with ${look}, then do it with --yes`,
    })
  }
  if (!(await prompt.confirm(question, signal))) throw new OpsError('E_CONFIRM', 'not confirmed: nothing was changed')
}
