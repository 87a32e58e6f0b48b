import { counter, type Family, gauge, one, type Sample } from '../../net/exposition/family.ts'
import type { Histogram } from '../../net/exposition/histogram.ts'
import { type ProcessFigures, processFamilies } from '../../net/exposition/process-families.ts'
import { slaClasses } from '../../probe/index.ts'
import type { Recorder } from '../recorder.ts'
import type { Scheduler } from '../scheduler/scheduler.ts'
import type { Tally } from '../view.ts'

export interface OwnFigures {
  readonly version: string
  readonly scheduler: Scheduler
  readonly recorder: Recorder
  readonly tally: Tally
  /** Seconds, by type of check. */
  readonly durations: ReadonlyMap<string, Histogram>
  readonly openIncidents: Readonly<Record<string, number>>
  readonly reloads: { readonly good: number; readonly bad: number; readonly lastGoodAt: number }
  readonly process: ProcessFigures
}

/** What opsctl tells of itself. */
export function ownFamilies(figures: OwnFigures): Family[] {
  const { scheduler, recorder, tally, durations, openIncidents, reloads, version } = figures
  const load = scheduler.load()
  const byClass = (value: (of: (typeof load.byClass)['P0']) => number): Sample[] =>
    slaClasses.map(sla => ({ labels: `sla="${sla}"`, value: value(load.byClass[sla]) }))
  return [
    gauge('opsctl_build_info', 'The version that runs.', [{ labels: `version="${version}"`, value: 1 }]),
    gauge('opsctl_patrol_checks', 'Checks by how they stand.', pairs(tally, 'status')),
    gauge('opsctl_patrol_incidents_open', 'Incidents that are not over.', pairs(openIncidents, 'severity')),
    gauge(
      'opsctl_patrol_running',
      'Looks under way.',
      byClass(({ running }) => running),
    ),
    gauge(
      'opsctl_patrol_due',
      'Looks that are due and not begun.',
      byClass(({ due }) => due),
    ),
    gauge('opsctl_patrol_waiting', 'Looks that are not due yet.', one(load.waiting)),
    gauge('opsctl_patrol_abandoned', 'Looks that did not end though they were aborted.', one(load.abandoned)),
    gauge(
      'opsctl_patrol_oldest_due_seconds',
      'How long the longest due look has been.',
      byClass(({ oldestDueMs }) => oldestDueMs / 1000),
    ),
    counter(
      'opsctl_patrol_runs',
      'Looks that were begun.',
      byClass(({ started }) => started),
    ),
    counter(
      'opsctl_patrol_run_deadlines',
      'Looks that were ended at their deadline.',
      byClass(({ aborted }) => aborted),
    ),
    {
      name: 'opsctl_patrol_lag_seconds',
      help: 'How late looks were begun.',
      type: 'histogram',
      samples: slaClasses.map(sla => {
        const { bounds, counts, sumSeconds } = load.byClass[sla].lag
        return { labels: `sla="${sla}"`, value: { bounds, counts, sum: sumSeconds } }
      }),
    },
    {
      name: 'opsctl_patrol_look_duration_seconds',
      help: 'How long looks took.',
      type: 'histogram',
      samples: [...durations].map(([type, value]) => ({ labels: `type="${type}"`, value })),
    },
    counter('opsctl_patrol_history_failures', 'Times that the history could not be written.', one(recorder.failures)),
    counter('opsctl_patrol_reloads', 'Configurations that were read anew.', [
      { labels: 'result="good"', value: reloads.good },
      { labels: 'result="bad"', value: reloads.bad },
    ]),
    gauge(
      'opsctl_patrol_last_reload_timestamp_seconds',
      'When the configuration in use was read.',
      one(reloads.lastGoodAt / 1000),
    ),
    ...processFamilies(figures.process),
  ]
}

const pairs = (values: Readonly<Record<string, number>>, label: string): Sample[] =>
  Object.entries(values).map(([key, value]) => ({ labels: `${label}="${key}"`, value }))
