import type { Context } from '../core/context.ts'
import { formatDuration } from '../core/duration.ts'
import { type Reason, reasons } from '../core/item.ts'
import { formatSize } from '../core/size.ts'
import type { Output, Sudo } from '../core/transport.ts'
import { type HostResult, type HostVisit, stoppedResult } from '../fleet/work.ts'
import { HostOutput } from './host-output.ts'
import type { ExecRequest } from './request.ts'

export interface HostRun {
  readonly context: Context
  readonly request: ExecRequest
  readonly sudo?: Sudo
  readonly visit: HostVisit
  /** Width to which prefixes are padded. */
  readonly nameWidth: number
}

/** Runs the request on one host and tells what came of it, with what it printed, also where it failed. */
export async function runOnHost(run: HostRun): Promise<HostResult> {
  await using output = new HostOutput(run)
  const result = await connectAndRun(run, output).then(
    ended => judge(ended, run),
    error => run.visit.failed(error),
  )
  return { ...result, ...(await output.close()) }
}

async function connectAndRun({ request, visit, sudo }: HostRun, output: HostOutput): Promise<Output> {
  for (let attempt = 1; ; attempt++) {
    await using transport = await visit.connect()
    visit.phase('running')
    const { timeoutMs, idleTimeoutMs, maxOutputBytes, env, stdin } = request
    const result = await transport.run(request.command, {
      signal: visit.signal,
      timeoutMs,
      idleTimeoutMs,
      maxOutputBytes,
      env,
      ...(sudo && { sudo }),
      ...(stdin && { stdin: stdin() }),
      sink: chunk => output.write(chunk),
    })
    if (result.ended !== 'closed' || !request.idempotent || attempt > 2) return result
    visit.phase('connection lost, running again')
  }
}

function judge(result: Output, { request, visit }: HostRun): HostResult {
  const { code, signal: died, ended } = result
  const data = { exitCode: code, ...(died !== undefined && { signal: died }) }
  if (ended === 'cancelled' || ended === 'deadline') return { ...stoppedResult(visit.signal), data }
  if (ended)
    return { outcome: 'failed', reason: ended, message: endedMessage(ended, request) ?? result.message ?? reasons[ended], data }
  if (died !== undefined) return { outcome: 'failed', reason: 'signal', message: `ended by SIG${died}`, data }
  if (code === null) return { outcome: 'failed', reason: 'no-exit-status', message: 'ended without an exit status', data }
  if (code !== 0) return { outcome: 'failed', reason: 'exit', message: `exit ${code}`, data }
  return { outcome: 'ok', data }
}

/** The limits are named by their flags. */
function endedMessage(reason: Reason, { timeoutMs, idleTimeoutMs, maxOutputBytes }: ExecRequest): string | undefined {
  switch (reason) {
    case 'timeout':
      return `ran longer than --timeout ${formatDuration(timeoutMs)}`
    case 'idle-timeout':
      return `printed nothing for --idle-timeout ${formatDuration(idleTimeoutMs)}`
    case 'output-limit':
      return `printed more than --max-output ${formatSize(maxOutputBytes)}`
    default:
      return undefined
  }
}
