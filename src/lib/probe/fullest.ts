import type { CheckResult } from '../core/check.ts'
import { worstVerdict } from '../core/item.ts'
import type { FileSystem, FileSystems } from './file-systems.ts'

interface Filling {
  /** How full it is, percent. */
  fill(one: FileSystem): number
  judge(one: FileSystem): Pick<CheckResult, 'verdict' | 'message' | 'reason'>
  metrics(one: FileSystem): NonNullable<CheckResult['metrics']>
  /** For the evidence. */
  line(one: FileSystem): string
}

const shown = 3

/** Judges each file system; the message is of the bad ones, or of the fullest, whose metrics these are. */
export function fillOf({ all, silent }: FileSystems, { fill, judge, metrics, line }: Filling): CheckResult {
  const sorted = [...all].sort((one, other) => fill(other) - fill(one))
  const [fullest] = sorted
  const judged = sorted.map(judge)
  const hung = silent.map(point => ({
    verdict: 'unknown' as const,
    reason: 'no-answer' as const,
    message: `${point} does not answer`,
  }))
  const verdict = worstVerdict([...judged, ...hung].map(each => each.verdict))
  if (!verdict) return { verdict: 'na', message: 'there is no file system to be judged' }
  const evidence = `${[...sorted.map(line), ...hung.map(({ message }) => message)].join('\n')}\n`
  const figures = { ...(fullest && { metrics: metrics(fullest) }), evidence }
  if (verdict === 'pass') {
    const others = all.length === 1 ? '' : `, the fullest of ${all.length}`
    return { verdict, message: `${judged[0]?.message ?? ''}${others}`, ...figures }
  }
  const bad = [...judged.filter(each => each.verdict === 'fail'), ...hung, ...judged.filter(each => each.verdict === 'warn')]
  const reason = bad.find(each => each.verdict === verdict)?.reason
  const more = bad.length > shown ? `; and ${bad.length - shown} more` : ''
  return {
    verdict,
    ...(reason && { reason }),
    message:
      bad
        .slice(0, shown)
        .map(each => each.message)
        .join('; ') + more,
    ...figures,
  }
}
