import type { Values } from './field.ts'
import { choice, flag } from './scalar-fields.ts'

/** Which address of a name is taken. */
export const addressShape = {
  preferred_ip_protocol: choice('ip6', 'ip4'),
  ip_protocol_fallback: flag(true),
}
export type AddressSettings = Values<typeof addressShape>
