import type { RecordedRun } from '../../fleet/index.ts'
import { foldNodeSet } from '../../inventory/node-set.ts'
import { ChangeLog, type ChangeStanding, hostsStanding, standingOf } from '../../plan/index.ts'

/** What came of a recorded run, in words and for machines. */
export interface RunOutcome {
  /** For people: `ok`, `3 failed`, `killed`, `stuck on web2`. */
  readonly outcome: string
  /** null for a run that was no change. */
  readonly change: ChangeStanding | null
}

export async function runOutcome(stateDirectory: string, run: RecordedRun): Promise<RunOutcome> {
  const state = await ChangeLog.read(stateDirectory, run.runId)
  const change = standingOf(state) ?? null
  if (run.state === 'running') return { outcome: 'running', change }
  const failed = run.open.length > 0 ? `${run.open.length} failed` : undefined
  switch (change) {
    case 'stuck':
    case 'unfinished':
      return { outcome: `${change} on ${shortSet(hostsStanding(state))}`, change }
    case 'kept':
    case 'undone':
    case 'settled':
      return { outcome: [change, failed].filter(text => text !== undefined).join(', '), change }
    default:
      return {
        outcome:
          run.state === 'killed' ? 'killed' : [failed, ...judged(run)].filter(text => text !== undefined).join(', ') || 'ok',
        change,
      }
  }
}

function judged({ verdicts }: RecordedRun): string[] {
  const counts = Object.entries(verdicts ?? {})
  return counts.flatMap(([word, count]) => (count > 0 ? [`${count} ${word}`] : []))
}

const maxLength = 30

function shortSet(hosts: readonly string[]): string {
  const text = foldNodeSet(hosts)
  return text.length <= maxLength ? text : `${hosts.length} hosts`
}
