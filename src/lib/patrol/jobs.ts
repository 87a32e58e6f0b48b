import type { Job } from './scheduler/job.ts'
import type { Watch } from './watch.ts'

/** Beyond its own time a look may take so long until it is ended from outside, milliseconds. */
const graceMs = 5_000
/** Of what is read on a host, all in one. */
const readingMs = 30_000

/** The job of a group. */
export function jobOf({ id, group, run }: Pick<Job, 'id' | 'run'> & { readonly group: readonly Watch[] }): Job {
  const classes = group.map(({ check }) => check.sla).sort()
  const caps = new Set(
    group.flatMap(({ unit, check }) => [
      ...(unit.host ? [`host ${unit.host.name}`] : []),
      ...(check.origin === undefined ? [] : [`endpoint ${check.origin}`]),
    ]),
  )
  const timeouts = group.flatMap(({ check }) => check.sampling.map(({ timeoutMs }) => timeoutMs))
  const isReading = group.some(({ check }) => check.check.host)
  return {
    id,
    sla: classes[0] ?? 'P1',
    caps: [...caps],
    deadlineMs: Math.max(isReading ? readingMs : 0, ...timeouts) + graceMs,
    run,
  }
}
