import { addressShape } from './address-shape.ts'
import { record, type ValueOf } from './field.ts'
import { flag, integer } from './scalar-fields.ts'
import { sourceAddress } from './source-address.ts'

/** How the prober `icmp` pings. */
export const icmpSettings = record('an icmp probe', {
  ...addressShape,
  source_ip_address: sourceAddress(),
  payload_size: integer({ least: 0, most: 65_507 }),
  dont_fragment: flag(false),
  ttl: integer({ absent: 64, least: 0, most: 255 }),
})
export type IcmpSettings = ValueOf<typeof icmpSettings>
