import { connectUnix } from '../../../net/connect.ts'
import { NetError, netError } from '../../../net/net-error.ts'
import { TargetRefused } from '../allowed-targets.ts'
import type { TcpSettings, UnixSettings } from '../config/talk-shape.ts'
import { chooseAddress } from '../look/choose-address.ts'
import { splitHostPort } from '../look/host-port.ts'
import type { Look } from '../look/look.ts'
import { targetDialer } from '../look/target-dialer.ts'
import { tlsTerms } from '../look/tls-terms.ts'
import { talk } from './talk.ts'

/** Connects to a host and port, and says and hears what it must. @throws NetError; TargetRefused; the signal's reason */
export async function probeTcp(look: Look, target: string, settings: TcpSettings): Promise<boolean> {
  const { signal } = look
  begin(look)
  const place = splitHostPort(target)
  if (place === undefined) throw new NetError('error', 'the target is not of the form host:port', { phase: 'resolve' })
  const { host, port } = place
  const { address } = await chooseAddress(look, host, { settings, port })
  const { query_response: steps, tls, tls_config, source_ip_address: source } = settings
  const wish = { ...(await tlsTerms(look, tls_config)), serverName: tls_config.server_name || host }
  look.progress.phase = 'connect'
  look.tell('info', 'Connecting', { ip: address, port, tls })
  const { stream, phases } = await targetDialer(look, source).dial({ host: address, port }, { signal })
  look.progress.done('connect', phases.connect ?? 0)
  return talk(look, stream, { steps, tls, wish })
}

/** The same over a Unix socket. @throws NetError; TargetRefused; the signal's reason */
export async function probeUnix(look: Look, target: string, settings: UnixSettings): Promise<boolean> {
  begin(look)
  const { query_response: steps, tls, tls_config } = settings
  if (!look.tools.allowed.allowsPath(target)) {
    throw new TargetRefused(
      `the socket ${target} is not among those that may be probed: sockets must be named, as by /run/app/*.sock`,
    )
  }
  const wish = { ...(await tlsTerms(look, tls_config)), serverName: tls_config.server_name }
  look.progress.phase = 'connect'
  const stream = await connectUnix(target, look.signal).catch((error: unknown) => {
    look.signal.throwIfAborted()
    throw netError(error, { phase: 'connect' })
  })
  return talk(look, stream, { steps, tls, wish })
}

function begin({ gauges }: Look): void {
  gauges.set('probe_failed_due_to_regex', 0)
  gauges.set('probe_failed_due_to_bytes', 0)
}
