import type { Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import type { Document } from '../core/report.ts'
import { askedChecks } from './asked-checks.ts'
import type { ProbeOptions } from './options.ts'
import { openProbe, probeOnce } from './probe.ts'

/**
 * Makes one look at the checks that are asked for, and tells everything that happened, secrets masked: phases, bytes, assertions.
 * @throws OpsError as probe, and E_USAGE where nothing was named
 */
export async function explainCheck(context: Context, options: ProbeOptions): Promise<Document> {
  if (options.endpoint.length === 0 && options.file.length === 0) {
    throw new OpsError('E_USAGE', 'nothing to explain was named', {
      hint: 'name an endpoint, or a file with -f and a check of it with --check',
    })
  }
  const asked = await askedChecks(context, options)
  // Once, whatever retries it has.
  const once = asked.map(check => ({
    ...check,
    sampling: check.sampling.map(each => ({ ...each, retries: 0, failures: 1, of: 1 })),
  }))
  await using opened = await openProbe(context, once, options)
  const lines: string[] = []
  const started = context.clock.monotonic()
  const trace = (line: string): void => {
    lines.push(`${(context.clock.monotonic() - started).toFixed(1).padStart(8)} ms  ${line}`)
  }
  const report = await probeOnce(context, opened, { concurrency: 1, trace })
  const verdicts = report.items.map(
    ({ name, verdict, reason, message }) => `${verdict}${reason ? ` (${reason})` : ''}  ${name}: ${message}`,
  )
  return { mime: 'text/plain', text: `${[...lines, '', ...verdicts].join('\n')}\n`, data: { trace: lines }, report }
}
