import { type Clock, rfc3339 } from '../core/clock.ts'
import type { Connector, Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import type { Host } from '../core/host.ts'
import type { Item, Reason } from '../core/item.ts'
import { type Output, type Sudo, TransportError } from '../core/transport.ts'
import { formatDuration } from '../core/duration.ts'
import { formatSize } from '../core/size.ts'
import type { Tracker } from '../run/fan-out.ts'
import { HostOutput } from './host-output.ts'
import type { ExecRequest } from './request.ts'

export interface HostRun {
  readonly context: Context
  readonly connector: Connector
  readonly request: ExecRequest
  readonly sudo?: Sudo
  readonly host: Host
  readonly signal: AbortSignal
  readonly tracker: Tracker
  /** Width to which prefixes are padded. */
  readonly nameWidth: number
}

/** Runs the request on one host and tells as an Item what came of it. Never rejects. */
export async function runOnHost(run: HostRun): Promise<Item> {
  const { context, host } = run
  const started = context.clock.monotonic()
  const startedAt = rfc3339(context.clock.now())
  const base = { path: host.name, host: host.name, name: 'exec', startedAt, ...(Object.keys(host.labels).length > 0 && { labels: host.labels }) }
  await using output = new HostOutput(run)
  try {
    const result = await connectAndRun(run, output)
    return { ...base, ...judge(result, run), durationMs: elapsed(context.clock, started), ...(await output.close()) }
  } catch (error) {
    return { ...base, ...trouble(error, run.signal), durationMs: elapsed(context.clock, started), ...(await output.close()) }
  }
}

async function connectAndRun({ connector, request, host, signal, tracker, sudo }: HostRun, output: HostOutput): Promise<Output> {
  for (let attempt = 1; ; attempt++) {
    await using transport = await connector.connect(host, {
      signal,
      onStage: (stage, tries) => tracker.phase(tries > 1 ? `${stage}, try ${tries}` : stage),
    })
    tracker.phase('running')
    const { timeoutMs, idleTimeoutMs, maxOutputBytes, env, stdin } = request
    const result = await transport.run(request.command, {
      signal,
      timeoutMs,
      idleTimeoutMs,
      maxOutputBytes,
      env,
      ...(sudo && { sudo }),
      ...(stdin && { stdin: stdin() }),
      sink: chunk => output.write(chunk),
    })
    if (result.ended !== 'closed' || !request.idempotent || attempt > 2) return result
    tracker.phase('connection lost, running again')
  }
}

const elapsed = (clock: Clock, since: number): number => Math.round(clock.monotonic() - since)

type Judged = Pick<Item, 'outcome' | 'reason' | 'message' | 'data'>

function judge(result: Output, { request, signal }: HostRun): Judged {
  const { code, signal: died, ended } = result
  const data = { exitCode: code, ...(died !== undefined && { signal: died }) }
  if (ended === 'cancelled' || ended === 'deadline') return { ...stopped(signal), data }
  if (ended) return { outcome: 'failed', reason: ended, message: result.message ?? endedMessage(ended, request), data }
  if (died !== undefined) return { outcome: 'failed', reason: 'signal', message: `ended by SIG${died}`, data }
  if (code === null) return { outcome: 'failed', reason: 'no-exit-status', message: 'ended without an exit status', data }
  if (code !== 0) return { outcome: 'failed', reason: 'exit', message: `exit ${code}`, data }
  return { outcome: 'ok', data }
}

function endedMessage(reason: Reason, { timeoutMs, idleTimeoutMs, maxOutputBytes }: ExecRequest): string {
  switch (reason) {
    case 'timeout':
      return `ran longer than --timeout ${formatDuration(timeoutMs)}`
    case 'idle-timeout':
      return `printed nothing for --idle-timeout ${formatDuration(idleTimeoutMs)}`
    case 'output-limit':
      return `printed more than --max-output ${formatSize(maxOutputBytes)}`
    case 'closed':
      return 'the connection was lost while the command ran; its outcome is unknown'
    default:
      return reason
  }
}

function trouble(error: unknown, signal: AbortSignal): Judged {
  if (signal.aborted) return stopped(signal)
  if (error instanceof TransportError) return { outcome: 'failed', reason: error.reason, message: error.message, ...(error.stage && { data: { stage: error.stage } }) }
  return { outcome: 'failed', reason: 'error', message: error instanceof Error ? error.message : String(error) }
}

/** A host that the end of the run cut short, or that was never started. */
export function stopped(signal: AbortSignal): Judged {
  const deadline = signal.reason instanceof OpsError && signal.reason.code === 'E_DEADLINE'
  return deadline
    ? { outcome: 'failed', reason: 'deadline', message: 'stopped at the deadline of the run' }
    : { outcome: 'failed', reason: 'cancelled', message: 'stopped by the interrupt' }
}
