import type { Family } from '../../net/exposition/family.ts'
import { NetError } from '../../net/net-error.ts'
import { failureOf, LookTimeout } from '../../probe/index.ts'
import { Deadline } from '../../run/deadline.ts'
import type { BlackboxModule } from './config/module.ts'
import { probeDns } from './dns/probe-dns.ts'
import { probeGrpc } from './grpc/probe-grpc.ts'
import { probeHttp } from './http/probe-http.ts'
import { probeIcmp } from './icmp/probe-icmp.ts'
import { Look, type LookTools } from './look/look.ts'
import { probeTcp, probeUnix } from './tcp/probe-tcp.ts'
import { probeWebsocket } from './websocket/probe-websocket.ts'

export interface TargetProbe {
  readonly module: BlackboxModule
  /** Its name in the configuration. */
  readonly name: string
  readonly target: string
  /** Milliseconds. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

export interface ProbeResult {
  readonly isGood: boolean
  readonly families: readonly Family[]
  /** What happened, a line at a time. */
  readonly lines: readonly string[]
  /** What must not be told. */
  readonly secrets: ReadonlySet<string>
}

/** One look at a target in the way of a module. Trouble of the target is in the result. @throws TargetRefused; the signal's reason */
export async function probeTarget(
  tools: LookTools,
  { module, name, target, timeoutMs, signal }: TargetProbe,
): Promise<ProbeResult> {
  const { clock } = tools
  const start = clock.monotonic()
  using deadline = new Deadline(clock, { ms: timeoutMs, signal, reason: () => new LookTimeout(timeoutMs) })
  const look = new Look(tools, { facts: { module: name, target }, signal: deadline.signal, until: deadline.at })
  look.tell('info', 'Beginning probe', { probe: module.prober, timeout_seconds: timeoutMs / 1000 })
  const isGood = await probed(look, { module, target })
  const seconds = (clock.monotonic() - start) / 1000
  look.tell(isGood ? 'info' : 'error', isGood ? 'Probe succeeded' : 'Probe failed', { duration_seconds: seconds })
  const { gauges, lines, secrets, failure } = look
  gauges.set('probe_success', isGood ? 1 : 0)
  gauges.set('probe_duration_seconds', seconds)
  gauges.set('probe_timeout_seconds', timeoutMs / 1000)
  if (!isGood) gauges.set('probe_failure_info', 1, { reason: failure?.reason ?? 'error' })
  return { isGood, families: gauges.families(), lines, secrets }
}

async function probed(look: Look, { module, target }: Pick<TargetProbe, 'module' | 'target'>): Promise<boolean> {
  try {
    return await asked(look, { module, target })
  } catch (error) {
    if (!(error instanceof NetError || error instanceof LookTimeout)) throw error
    const { reason, message, phase } = failureOf(error, look.progress)
    return look.fail(reason, 'The probe came to no end', { err: message, phase })
  }
}

function asked(look: Look, { module, target }: Pick<TargetProbe, 'module' | 'target'>): Promise<boolean> {
  switch (module.prober) {
    case 'http':
      return probeHttp(look, target, module.http)
    case 'tcp':
      return probeTcp(look, target, module.tcp)
    case 'unix':
      return probeUnix(look, target, module.unix)
    case 'dns':
      return probeDns(look, target, module.dns)
    case 'icmp':
      return probeIcmp(look, target, module.icmp)
    case 'grpc':
      return probeGrpc(look, target, module.grpc)
    case 'websocket':
      return probeWebsocket(look, target, module.websocket)
    case '':
      throw new Error('a module without a prober is refused when it is read')
  }
}
