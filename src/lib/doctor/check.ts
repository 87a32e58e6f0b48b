import { rfc3339 } from '../core/clock.ts'
import type { Context } from '../core/context.ts'
import { formatDuration } from '../core/duration.ts'
import { causeChain, OpsError } from '../core/errors.ts'
import type { Item, Verdict } from '../core/item.ts'
import { Deadline } from '../run/deadline.ts'
import type { DoctorOptions } from './options.ts'

/** What a check found. A message ends with what to do, where something is to be done. */
export interface Judgement extends Pick<Item, 'data' | 'metrics'> {
  readonly verdict: Verdict
  readonly message: string
}

export interface Examination {
  readonly context: Context
  readonly options: DoctorOptions
  /** Aborts when the check takes too long. */
  readonly signal: AbortSignal
}

/** One thing that can be in order or not. */
export interface Check {
  /** Group and name: `ssh/agent`. */
  readonly path: string
  readonly name: string
  /** What it throws is its failure. */
  judge(examination: Examination): Judgement | Promise<Judgement>
}

const limitMs = 10_000

/** Runs a check with a time limit; always gives an item. */
export async function runCheck(context: Context, check: Check, options: DoctorOptions): Promise<Item> {
  const { clock } = context
  const started = clock.monotonic()
  const startedAt = rfc3339(clock.now())
  const late = new OpsError('E_DEADLINE', `no answer within ${formatDuration(limitMs)}`)
  using deadline = new Deadline(clock, { ms: limitMs, signal: context.signal, reason: () => late })
  const judgement = await Promise.race([attempt(check, { context, options, signal: deadline.signal }), ended(deadline.signal)])
  return { path: check.path, name: check.name, startedAt, durationMs: Math.round(clock.monotonic() - started), ...judgement }
}

async function attempt(check: Check, examination: Examination): Promise<Judgement> {
  try {
    return await check.judge(examination)
  } catch (error) {
    const hint = error instanceof OpsError && error.hint ? `; ${error.hint}` : ''
    return { verdict: 'fail', message: `${causeChain(error).join(': ')}${hint}` }
  }
}

function ended(signal: AbortSignal): Promise<Judgement> {
  return new Promise(resolve => {
    const tell = (): void => resolve({ verdict: 'unknown', message: causeChain(signal.reason)[0] ?? 'stopped' })
    if (signal.aborted) tell()
    else signal.addEventListener('abort', tell, { once: true })
  })
}
