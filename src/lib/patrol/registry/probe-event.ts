import { z } from 'zod'
import { OpsError } from '../../core/errors.ts'
import type { Json } from '../../core/json.ts'

/** What may happen to a probe from outside. */
export type ProbeEvent =
  | { readonly action: 'put'; readonly name: string; readonly check: Json }
  | { readonly action: 'remove' | 'enable' | 'disable'; readonly name: string }
  | { readonly action: 'reload' }

const Name = z.string().min(1).max(200)
const Event = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('put'), name: Name, check: z.string().max(256 * 1024) }),
  z.strictObject({ action: z.enum(['remove', 'enable', 'disable']), name: Name }),
  z.strictObject({ action: z.literal('reload') }),
])

/** The fields of an entry of the stream: `action`, `name`, and `check` as JSON. @throws OpsError E_CONFIG */
export function readProbeEvent(fields: Readonly<Record<string, string>>, id: string): ProbeEvent {
  const parsed = Event.safeParse(fields)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new OpsError('E_CONFIG', `event ${id}: ${issue?.path.join('.') || 'the event'}: ${issue?.message}`)
  }
  const event = parsed.data
  if (event.action !== 'put') return event
  try {
    return { ...event, check: JSON.parse(event.check) as Json }
  } catch (cause) {
    throw new OpsError('E_CONFIG', `event ${id}: the check of ${event.name} is not JSON`, { cause })
  }
}
