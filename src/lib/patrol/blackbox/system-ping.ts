import type { Check, CheckPlace } from '../../core/check.ts'
import type { Connector, Context } from '../../core/context.ts'
import { thisMachine } from '../../core/host.ts'
import { hostText } from '../../net/http/open-stream.ts'
import type { Observation } from '../../probe/index.ts'
import type { Ping, PingAsked, Pong } from './look/look.ts'

interface Pinging extends Pick<Context, 'clock' | 'component'> {
  readonly connector: Pick<Connector, 'connect'>
}

/** What the ping of the system sends at least, with the time in it. */
const leastBytes = 16

/** Pings by the check `icmp`: packets of ICMP can not be sent otherwise without privileges. */
export function systemPing({ clock, component, connector }: Pinging): Ping {
  return async (asked, signal) => {
    const check = await checkOf(component, asked)
    let seen: Observation | undefined
    const place: CheckPlace = {
      transport: await connector.connect(thisMachine, { signal }),
      clock,
      signal,
      from: 'here',
      // The check tells its own kind.
      observed: observation => {
        seen = observation as Observation
      },
    }
    await check.run(place)
    signal.throwIfAborted()
    return pongOf(seen)
  }
}

async function checkOf(component: Context['component'], asked: PingAsked): Promise<Check> {
  const { address, payloadBytes, ttl, dontFragment, source, timeoutMs } = asked
  const kind = await component('check', 'icmp')
  return kind.build({
    endpoint: `icmp://${hostText(address)}`,
    count: 1,
    wait: `${Math.ceil(timeoutMs)}ms`,
    timeout: `${Math.ceil(timeoutMs)}ms`,
    size: Math.max(leastBytes, payloadBytes),
    ...(ttl > 0 && { ttl }),
    ...(dontFragment && { dont_fragment: true }),
    ...(source !== '' && { source }),
  })
}

function pongOf(seen: Observation | undefined): Pong {
  if (seen?.failure) return { failure: seen.failure }
  // It may have knocked by TCP instead, which says nothing of pings.
  if (seen?.ping === undefined)
    return { failure: { reason: 'error', message: 'nobody may ping here: give the user the right to it' } }
  const { ttl, roundTrip } = seen.ping
  return { tookMs: roundTrip?.avg ?? seen.totalMs, ...(ttl !== undefined && { ttl }) }
}
