import { resolve } from 'node:path'
import { sleep } from '../../../core/clock.ts'
import { OpsError } from '../../../core/errors.ts'
import type { SourceEvent, SourcePlace } from '../../../core/log-source.ts'
import type { Command } from '../../../core/transport.ts'
import { backoffMs } from '../../../run/retry.ts'
import { arrivingLines } from '../arrivals/arriving-lines.ts'
import { formerStreams } from '../arrivals/former-streams.ts'
import { RunningProgram } from './running-program.ts'

export interface CommandSettings {
  readonly command: Command
  readonly title: string
  /** From the beginning of one run to that of the next. */
  readonly everyMs?: number
  readonly timeoutMs?: number
  readonly cwd?: string
  readonly env: Readonly<Record<string, string>>
}

/** The first wait behind a run that was to go on for ever is below a second, none is longer than a minute. */
const waits = { baseMs: 1000, maxMs: 60_000 }
/** What ran for so long begins to count anew. */
const wellMs = 60_000

/** Each run is a stream of its own. @throws OpsError where the only run failed */
export async function* readCommand(place: SourcePlace, settings: CommandSettings): AsyncGenerator<SourceEvent> {
  const { clock, signal, follow, random } = place
  yield* formerStreams(place)
  for (let runs = 1; !signal.aborted; runs++) {
    const began = clock.monotonic()
    const failure = yield* oneRun(place, settings)
    if (!follow && failure !== undefined && !signal.aborted) throw new OpsError('E_UNREACHABLE', `${settings.title}: ${failure}`)
    if (!follow) return
    const tookMs = clock.monotonic() - began
    if (tookMs > wellMs) runs = 1
    const { everyMs } = settings
    const waitMs = everyMs === undefined ? backoffMs(runs, { ...waits, random }) : Math.max(0, everyMs - tookMs)
    yield { kind: 'idle' }
    await sleep(clock, waitMs, signal).catch(() => {})
  }
}

/** Why it failed; undefined where it did not. */
async function* oneRun(
  place: SourcePlace,
  { command, title, timeoutMs, cwd = '.', env }: CommandSettings,
): AsyncGenerator<SourceEvent, string | undefined> {
  const stream = await place.streams.begin({ kind: 'command', startedAt: place.clock.now() }, title)
  await using program = new RunningProgram(place, {
    ...{ command, env, cwd: resolve(place.cwd, cwd) },
    ...(timeoutMs !== undefined && { timeoutMs }),
  })
  yield* arrivingLines(program.inbox, { stream, framing: place.framing })
  const failure = await program.failure()
  yield { kind: 'end', stream, ...(failure !== undefined && { failure }) }
  return failure
}
