import { z } from 'zod'
import type { Reading } from '../../core/check.ts'
import { notThere } from '../file-reading.ts'
import { defineHostCheck, seenIn } from '../host-check.ts'
import { Unseen } from './look.ts'

const Params = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252}[A-Za-z0-9_.])?$/, 'is not the name of a host')
    .default('example.com')
    .describe('name that must have an address; example.com when absent'),
  address: z.string().min(2).optional().describe('one of its addresses must be this'),
  level: z.enum(['fail', 'warn']).default('fail').describe('what it is when the name has no address'),
})

/** As programs of the host do it, /etc/hosts included. Status 2: there is no such name, or nobody answers. */
const look = (name: string): Reading => ({
  does: `resolve ${name}`,
  script:
    'if command -v getent >/dev/null; then limit 3 getent ahosts "$1"; ' +
    'elif command -v nslookup >/dev/null; then limit 3 nslookup "$1" 2>/dev/null || { code=$?; if [ $code -lt 124 ]; then exit 2; fi; exit $code; }; ' +
    `else exit ${notThere}; fi`,
  args: [name],
  mayHang: true,
})

/** Resolution of names on the host. */
export default defineHostCheck({
  type: 'resolves',
  summary: 'name that the host can resolve',
  example: { name: 'localhost' },
  retries: 1,
  params: Params,
  title: ({ name }) => `${name} can be resolved`,
  readings: ({ name }) => [look(name)],
  judge({ name, address, level }, found) {
    const reading = look(name)
    const { code } = found(reading)
    const bad = { verdict: level, reason: 'dns' } as const
    if (code === notThere) throw new Unseen(`could not ${reading.does}: the host has neither getent nor nslookup`)
    if (code === 2) return { ...bad, message: `${name} has no address, or nobody answers` }
    if (code === 124 || code === 137) return { ...bad, message: `${name} could not be resolved within 3 s` }
    const addresses = addressesIn(seenIn(found, reading) ?? '')
    const metrics = { addresses: addresses.length }
    if (addresses.length === 0) return { ...bad, message: `${name} has no address`, metrics }
    const told = addresses.slice(0, 4).join(', ') + (addresses.length > 4 ? ' …' : '')
    if (address !== undefined && !addresses.includes(address.toLowerCase())) {
      return { ...bad, reason: 'content', message: `${name} is ${told}, not ${address}`, metrics }
    }
    return { verdict: 'pass', message: `${name} is ${told}`, metrics }
  },
})

/** Of getent, an address at the start of a line; of nslookup, after the name, since its own server stands before it. */
function addressesIn(text: string): string[] {
  const own = /^Server:/m.test(text) ? text.slice(Math.max(0, text.search(/^Name:/m))) : undefined
  const lines = (own ?? text).split('\n')
  const found = lines.flatMap(
    line => (own === undefined ? /^([0-9a-f.:]+)\s/i : /^Address(?: \d+)?:\s+([0-9a-f.:]+)/i).exec(line)?.[1] ?? [],
  )
  return [...new Set(found.map(address => address.toLowerCase()))]
}
