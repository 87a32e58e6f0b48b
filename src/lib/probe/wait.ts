import { sleep } from '../core/clock.ts'
import type { Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import { exitCodeOf } from '../core/exit.ts'
import type { Report } from '../core/report.ts'
import { askedChecks } from './asked-checks.ts'
import type { ProbeWaitOptions } from './options.ts'
import { type OpenedProbe, openProbe, probeOnce } from './probe.ts'

/**
 * Looks again and again until everything is well, or the deadline passes; the report is that of the last whole round.
 * @throws OpsError as probe
 */
export async function probeWait(context: Context, options: ProbeWaitOptions): Promise<Report> {
  const asked = await askedChecks(context, options)
  await using opened = await openProbe(context, asked, options)
  const report = await lastRound(context, opened, options)
  for (const item of report.items) await context.emit(item)
  return report
}

async function lastRound(context: Context, opened: OpenedProbe, { concurrency, every }: ProbeWaitOptions): Promise<Report> {
  const { signal } = opened.fleet
  const { clock } = context
  const start = clock.monotonic()
  let last: Report | undefined
  for (let round = 1; ; round++) {
    const report = await probeOnce(context, opened, { concurrency, round })
    const [kept, dropped] = signal.aborted && last ? [last, report] : [report, last]
    release(context, dropped)
    last = kept
    if (signal.aborted || exitCodeOf(report) === 0) break
    context.log('info', `round ${round}: ${bad(report)} of ${report.counts.total} not well`)
    await sleep(clock, every, signal).catch(() => undefined)
    if (signal.aborted) break
  }
  return { ...last, durationMs: Math.round(clock.monotonic() - start), ...stopped(signal) }
}

/** What was kept of a round that is not told. */
function release({ outputs }: Context, report: Report | undefined): void {
  for (const { output } of report?.items ?? []) if (output?.stdout) outputs.release(output.stdout)
}

const bad = ({ counts }: Report): number => (counts.byVerdict.fail ?? 0) + (counts.byVerdict.unknown ?? 0)

const stopped = ({ aborted, reason }: AbortSignal): Pick<Report, 'stopped'> =>
  aborted && reason instanceof OpsError ? { stopped: { exit: reason.exit, message: reason.message } } : {}
