import { connectTcp, resolveName } from '../../../net/connect.ts'
import type { Dialer } from '../../../net/dial.ts'
import { NetError, netError } from '../../../net/net-error.ts'
import { TargetRefused } from '../allowed-targets.ts'
import { demandAllowed, hostPort } from './choose-address.ts'
import type { Look } from './look.ts'

/** Connects to targets that may be probed, from `source` where it is not empty. */
export function targetDialer(look: Look, source = ''): Dialer {
  const { clock } = look.tools
  return {
    from: 'here',
    async dial(endpoint, { signal, family = 0, onResolved }) {
      if ('path' in endpoint) throw new NetError('error', 'a target of the network has no path', { phase: 'connect' })
      const { host, port } = endpoint
      const start = clock.monotonic()
      let phase: 'resolve' | 'connect' = 'resolve'
      try {
        const found = await resolveName(host, { family, signal })
        const isChosen = look.approved.has(hostPort(host, port))
        const addresses = isChosen ? found : demandAllowed(look, { host, port, addresses: found })
        const resolved = found.length === 1 && found[0]?.address === host ? {} : { resolve: clock.monotonic() - start }
        phase = 'connect'
        onResolved?.(addresses)
        const began = clock.monotonic()
        const target = { addresses, port, keepAlive: false, ...(source !== '' && { localAddress: source }) }
        const stream = await connectTcp(clock, target, signal)
        const address = stream.remoteAddress
        return { stream, phases: { ...resolved, connect: clock.monotonic() - began }, ...(address !== undefined && { address }) }
      } catch (error) {
        signal.throwIfAborted()
        // The target itself was judged before: this is where a redirect leads.
        if (error instanceof TargetRefused) throw new NetError('redirects', error.message, { phase })
        throw netError(error, { phase })
      }
    },
  }
}
