import type { IcmpSettings } from '../config/icmp-shape.ts'
import { chooseAddress } from '../look/choose-address.ts'
import type { Look } from '../look/look.ts'

/** So many bytes a packet has where nothing is said: the name that blackbox_exporter writes into it. */
const usualBytes = 28

/** Pings a machine once. @throws NetError; TargetRefused; the signal's reason */
export async function probeIcmp(look: Look, target: string, settings: IcmpSettings): Promise<boolean> {
  const { gauges, tools, progress, signal } = look
  for (const phase of ['resolve', 'setup', 'rtt']) gauges.set('probe_icmp_duration_seconds', 0, { phase })
  const { address, family, seconds } = await chooseAddress(look, target, { settings, port: undefined })
  gauges.set('probe_icmp_duration_seconds', seconds, { phase: 'resolve' })
  const { payload_size: size, ttl, dont_fragment: whole, source_ip_address: source } = settings
  progress.phase = 'wait'
  const start = tools.clock.monotonic()
  const timeoutMs = Math.max(1, look.until - start)
  look.tell('info', 'Pinging', { ip: address, bytes: size || usualBytes, ttl })
  const asked = { address, family, payloadBytes: size || usualBytes, ttl, dontFragment: whole && family === 4, source, timeoutMs }
  const pong = await tools.ping(asked, signal)
  if ('failure' in pong) return look.fail(pong.failure.reason, 'There was no reply', { err: pong.failure.message })
  const elapsedMs = tools.clock.monotonic() - start
  gauges.set('probe_icmp_duration_seconds', Math.max(0, elapsedMs - pong.tookMs) / 1000, { phase: 'setup' })
  gauges.set('probe_icmp_duration_seconds', pong.tookMs / 1000, { phase: 'rtt' })
  if (pong.ttl !== undefined) gauges.set('probe_icmp_reply_hop_limit', pong.ttl)
  look.tell('info', 'Found matching reply packet')
  return true
}
