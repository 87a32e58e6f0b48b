import { rfc3339 } from '../core/clock.ts'
import type { Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import type { Item } from '../core/item.ts'
import { type Report, ReportFold } from '../core/report.ts'
import { runCheck } from './check.ts'
import { configurationChecks } from './configuration-checks.ts'
import { hostItems } from './host-stages.ts'
import { installChecks } from './install-checks.ts'
import type { DoctorOptions } from './options.ts'
import { sshChecks } from './ssh-checks.ts'

/** Looks at everything that a run needs, here and on the way to hosts. Every check gives an item. */
export async function doctor(context: Context, options: DoctorOptions): Promise<Report> {
  const { clock, runId, signal } = context
  const started = clock.monotonic()
  const startedAt = rfc3339(clock.now())
  const fold = new ReportFold()
  for await (const item of items(context, options)) {
    fold.add(item)
    await context.emit(item)
  }
  const stopped =
    signal.reason instanceof OpsError ? { stopped: { exit: signal.reason.exit, message: signal.reason.message } } : {}
  return {
    kind: 'doctor',
    version: 1,
    runId,
    title: options.host.length > 0 ? `doctor --host ${options.host.join(',')}` : 'doctor',
    startedAt,
    durationMs: Math.round(clock.monotonic() - started),
    counts: fold.counts,
    items: fold.items(),
    omitted: fold.omitted,
    changed: false,
    ...stopped,
  }
}

async function* items(context: Context, options: DoctorOptions): AsyncIterable<Item> {
  for (const check of [...installChecks, ...configurationChecks, ...sshChecks]) {
    if (context.signal.aborted) return
    yield runCheck(context, check, options)
  }
  if (options.host.length > 0 && !context.signal.aborted) yield* hostItems(context, options)
}
