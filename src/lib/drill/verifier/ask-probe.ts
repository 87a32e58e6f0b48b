import type { Clock } from '../../core/clock.ts'
import type { Connector } from '../../core/context.ts'
import type { Host } from '../../core/host.ts'
import type { Sudo } from '../../core/transport.ts'
import { connectTcp, resolveName } from '../../net/connect.ts'
import { httpStatus } from '../../net/http-status.ts'
import { Deadline } from '../../run/deadline.ts'
import { lastWords } from '../../transport/host-script.ts'
import type { ProbeQuestion, ProbeSpec } from '../playbook/probes.ts'
import type { Answer } from './sampler.ts'

interface Asking {
  readonly clock: Clock
  readonly connector: Connector
  /** Who asks, of a command. */
  readonly host: Host
  readonly sudo?: Sudo
}

/** Asks once. An answer that takes longer than the probe allows is a failure; one that could not be asked for is lost. */
export async function askProbe({ asks, timeoutMs }: ProbeSpec, asking: Asking, signal: AbortSignal): Promise<Answer> {
  if (asks.is === 'command') return await askCommand(asks, { ...asking, timeoutMs, signal })
  using deadline = new Deadline(asking.clock, {
    ms: timeoutMs,
    signal,
    reason: () => new Error(`nothing within ${timeoutMs} ms`),
  })
  try {
    return asks.is === 'http' ? await askHttp(asks, deadline.signal) : await askTcp(asks, asking.clock, deadline.signal)
  } catch (error) {
    return { outcome: 'failed', message: error instanceof Error ? error.message : String(error) }
  }
}

async function askHttp({ url, status }: Extract<ProbeQuestion, { is: 'http' }>, signal: AbortSignal): Promise<Answer> {
  const found = await httpStatus(url, signal)
  return found === status ? { outcome: 'ok' } : { outcome: 'failed', message: `status ${found}, not ${status}` }
}

async function askTcp(
  { address, port }: Extract<ProbeQuestion, { is: 'tcp' }>,
  clock: Clock,
  signal: AbortSignal,
): Promise<Answer> {
  const addresses = await resolveName(address, { family: 0, signal })
  const socket = await connectTcp(clock, { addresses, port }, signal)
  socket.destroy()
  return { outcome: 'ok' }
}

interface AskingCommand extends Asking {
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

const maxOutputBytes = 64 * 1024

async function askCommand(
  { command }: Extract<ProbeQuestion, { is: 'command' }>,
  { connector, host, sudo, timeoutMs, signal }: AskingCommand,
): Promise<Answer> {
  const transport = await connector.connect(host, { signal })
  const asked = typeof command === 'string' ? { shell: command } : { argv: command }
  const output = await transport.run(asked, { signal, timeoutMs, maxOutputBytes, ...(sudo && host.via === 'ssh' && { sudo }) })
  if (output.code === 0) return { outcome: 'ok' }
  if (output.ended === 'timeout') return { outcome: 'failed', message: `nothing within ${timeoutMs} ms` }
  if (output.ended) return { outcome: 'lost', message: output.message ?? output.ended }
  return { outcome: 'failed', message: lastWords(output) || `status ${output.code}` }
}
