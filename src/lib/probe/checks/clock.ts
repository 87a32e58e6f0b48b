import { z } from 'zod'
import type { CheckResult, Found, Reading } from '../../core/check.ts'
import { formatDuration } from '../../core/duration.ts'
import { durationField } from '../../core/fields.ts'
import { defineHostCheck, textIn } from '../host-check.ts'
import { passedLimit } from '../limits.ts'

const Params = z.strictObject({
  warn: durationField().prefault('500ms').describe('a warning when it is wrong by more'),
  fail: durationField().prefault('10s').describe('a failure when it is wrong by more'),
  synchronised: z.boolean().optional().describe('true: a failure, not a warning, when nothing keeps it right'),
})
type Params = z.output<typeof Params>

/** Busybox knows whole seconds only. */
const time: Reading = { does: 'read the clock', script: 'date +%s.%N', inline: true }

/** Whoever keeps the clock is asked first, then what the kernel was told by it. */
const keeper: Reading = {
  does: 'ask whether the clock is synchronised',
  script:
    'if command -v chronyc >/dev/null && answer=$(limit 3 chronyc -n -c tracking 2>/dev/null); then printf "%s\\n" chrony "$answer"; ' +
    'elif command -v ntpq >/dev/null && answer=$(limit 3 ntpq -n -c "rv 0 leap,offset,stratum" 2>/dev/null) && [ -n "$answer" ]; then printf "%s\\n" ntp "$answer"; ' +
    'elif [ -d /run/systemd/system ] && command -v timedatectl >/dev/null && answer=$(limit 3 timedatectl show -p NTPSynchronized 2>/dev/null) && [ -n "$answer" ]; then printf "%s\\n" systemd "$answer"; ' +
    'elif [ -e /run/systemd/timesync/synchronized ]; then printf "%s\\n" systemd NTPSynchronized=yes; ' +
    // Where neither can be asked nobody tells.
    'else echo kernel; if command -v adjtimex >/dev/null; then adjtimex; elif command -v busybox >/dev/null; then busybox adjtimex; fi 2>/dev/null; :; fi',
  inline: true,
}

/** A clock that is right: kept by something, and not far from that of the machine that runs opsctl. */
export default defineHostCheck({
  type: 'clock',
  summary: 'clock that is synchronised, and right',
  example: { warn: '1s', fail: '30s' },
  params: Params,
  title: () => 'the clock is right',
  readings: () => [time, keeper],
  judge(params, found) {
    const kept = keptIn(textIn(found, keeper))
    const seen = differenceIn(found)
    const message = [wordsOf(kept), differenceWords(seen)].filter(Boolean).join(', ')
    const metrics = {
      ...(kept.synchronised !== undefined && { synchronised: kept.synchronised ? 1 : 0 }),
      ...(kept.offsetMs !== undefined && { offset_seconds: kept.offsetMs / 1000 }),
      ...(seen && { difference_seconds: seen.ms / 1000, uncertainty_seconds: seen.uncertaintyMs / 1000 }),
    }
    return { ...verdictOf(params, { kept, seen, message }), metrics }
  },
})

interface Kept {
  readonly by: string
  /** Undefined where nobody tells. */
  readonly synchronised?: boolean
  readonly offsetMs?: number
}

function keptIn(text: string): Kept {
  const [by = 'nobody', ...lines] = text.trim().split('\n')
  const said = lines.join('\n')
  switch (by) {
    case 'chrony': {
      // Reference, address, stratum, reference time, seconds that it is slow (below 0) or fast … leap status.
      const fields = said.split(',')
      return { by, synchronised: fields.at(-1)?.trim() !== 'Not synchronised', ...offset(Number(fields[4]) * 1000) }
    }
    case 'ntp':
      return {
        by,
        synchronised: !/leap=(3|11|leap_alarm)\b/.test(said) && !/stratum=16\b/.test(said),
        ...offset(Number(/offset=([-+\d.]+)/.exec(said)?.[1])),
      }
    case 'systemd':
      return { by, synchronised: /=yes/.test(said) }
    case 'kernel': {
      // STA_UNSYNC of adjtimex(2).
      const status = Number(/status:\s*(0x[0-9a-f]+|\d+)/i.exec(said)?.[1] ?? Number.NaN)
      return Number.isNaN(status) ? { by: 'nobody' } : { by: 'the kernel', synchronised: (status & 0x40) === 0 }
    }
    default:
      return { by: 'nobody' }
  }
}

const offset = (offsetMs: number): { readonly offsetMs?: number } => (Number.isFinite(offsetMs) ? { offsetMs } : {})

/** From our clock, milliseconds; below 0 when the host is behind. */
interface Difference {
  readonly ms: number
  readonly uncertaintyMs: number
}

function differenceIn(found: Found): Difference | undefined {
  const { between } = found(time)
  const [, seconds, fraction] = /^(\d+)(\.\d+)?/.exec(textIn(found, time)) ?? []
  if (between === undefined || seconds === undefined) return undefined
  // Without a fraction it is somewhere in that second.
  const [low, high] = fraction ? [0, 0] : [0, 1000]
  const host = Number(seconds + (fraction ?? '')) * 1000
  const [least, most] = [host + low - between[1], host + high - between[0]]
  return { ms: (least + most) / 2, uncertaintyMs: (most - least) / 2 }
}

interface Seen {
  readonly kept: Kept
  readonly seen: Difference | undefined
  readonly message: string
}

function verdictOf({ warn, fail, synchronised }: Params, { kept, seen, message }: Seen): CheckResult {
  // What is known for sure: it is wrong by at least so much.
  const wrongMs = Math.max(Math.abs(kept.offsetMs ?? 0), seen ? Math.abs(seen.ms) - seen.uncertaintyMs : 0)
  const passed = passedLimit({ warn, fail }, limit => wrongMs > limit)
  if (passed?.verdict === 'fail')
    return { verdict: 'fail', reason: 'threshold', message: `${message}, more than ${formatDuration(passed.limit)}` }
  if (kept.synchronised === false) return { verdict: synchronised ? 'fail' : 'warn', reason: 'state', message }
  if (passed) return { verdict: 'warn', reason: 'threshold', message: `${message}, more than ${formatDuration(passed.limit)}` }
  if (kept.synchronised === undefined)
    return { verdict: synchronised ? 'unknown' : 'na', ...(synchronised && { reason: 'unreadable' as const }), message }
  return { verdict: 'pass', message }
}

function wordsOf({ by, synchronised, offsetMs }: Kept): string {
  if (synchronised === undefined) return 'nothing tells whether the clock is synchronised'
  if (!synchronised) return `not synchronised, says ${by}`
  return `synchronised, says ${by}${offsetMs === undefined ? '' : `, ${roundMs(offsetMs)} off`}`
}

/** Nothing to tell where it can not be told from none. */
function differenceWords(seen: Difference | undefined): string {
  if (!seen || Math.abs(seen.ms) <= seen.uncertaintyMs) return ''
  return `${seen.ms < 0 ? 'behind' : 'ahead of'} this machine by ${roundMs(seen.ms)} (±${roundMs(seen.uncertaintyMs)})`
}

const roundMs = (ms: number): string => (Math.abs(ms) < 1 ? `${Math.abs(ms * 1000).toFixed(0)} µs` : formatDuration(Math.abs(ms)))
