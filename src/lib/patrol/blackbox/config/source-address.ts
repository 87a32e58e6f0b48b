import { addressBytes } from '../ip-address.ts'
import type { Field } from './field.ts'
import { text } from './scalar-fields.ts'

/** The address of this machine from which is asked; empty where the system chooses. */
export function sourceAddress(): Field<string> {
  const plain = text()
  return {
    ...plain,
    read(node) {
      const address = plain.read(node)
      if (address === undefined || addressBytes(address) !== undefined) return address
      return node.wrong(`${node.key} is no address: ${JSON.stringify(address)}`, { hint: 'write 192.0.2.1 or 2001:db8::1' })
    },
  }
}
