import type { Alert, Channel, ChannelPlace, Delivery } from '../../src/lib/core/alert.ts'
import { FakeClock } from '../helpers/fake-clock.ts'

/** A channel that does what the test says, and keeps what it was given. */
export class FakeChannel implements Channel {
  readonly title = 'a fake channel'
  readonly resendMs?: number
  /** Every attempt. */
  readonly tried: string[] = []
  /** Those that it took, in order. */
  readonly taken: string[] = []
  readonly alerts: Alert[] = []
  answer: (key: string, place: ChannelPlace) => Delivery | Promise<Delivery> = () => ({ result: 'delivered' })

  constructor({ resendMs }: { readonly resendMs?: number } = {}) {
    if (resendMs !== undefined) this.resendMs = resendMs
  }

  async send(alert: Alert, place: ChannelPlace): Promise<Delivery> {
    this.tried.push(place.key)
    const delivery = await this.answer(place.key, place)
    if (delivery.result === 'delivered') {
      this.taken.push(place.key)
      this.alerts.push(alert)
    }
    return delivery
  }
}

/** A clock whose hands on the wall can be set. */
export class WallClock extends FakeClock {
  stepMs = 0

  override now(): number {
    return super.now() + this.stepMs
  }
}

export const later = (message = 'answered 503', afterMs?: number): Delivery => ({
  result: 'later',
  message,
  ...(afterMs !== undefined && { afterMs }),
})
export const refused: Delivery = { result: 'refused', message: 'answered 404' }
export const never = (): Promise<Delivery> => new Promise(() => undefined)
