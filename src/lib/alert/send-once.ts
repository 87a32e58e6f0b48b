import type { Alert, ChannelPlace, Delivery } from '../core/alert.ts'
import { causeChain } from '../core/errors.ts'
import { abortable, withDeadline } from '../run/deadline.ts'
import type { NamedChannel } from './config.ts'

/** Of one attempt. */
const attemptMs = 10_000

/** One attempt with a deadline, whatever the channel does. A throw of the channel is for later: a secret may be there the next time. */
export async function sendOnce(
  { channel }: Pick<NamedChannel, 'channel'>,
  { alert, ...place }: ChannelPlace & { readonly alert: Alert },
): Promise<Delivery> {
  const reason = (): Error => new Error(`no answer within ${attemptMs / 1000} s`)
  try {
    return await withDeadline(place.clock, { ms: attemptMs, signal: place.signal, reason }, signal =>
      // A channel that does not mind the signal must not hold up the others behind it.
      abortable(signal, channel.send(alert, { ...place, signal })),
    )
  } catch (error) {
    return { result: 'later', message: causeChain(error).join(': ') }
  }
}
