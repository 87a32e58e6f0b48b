import { z } from 'zod'
import type { CheckResult, Found, Reading } from '../../core/check.ts'
import { notThere } from '../file-reading.ts'
import { defineHostCheck, seenIn, textIn } from '../host-check.ts'
import { Unseen } from './look.ts'

const Params = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252}[A-Za-z0-9_.])?$/, 'is not the name of a host')
      .optional()
      .describe('name that must have an address; when absent, it is enough that somebody answers'),
    address: z.string().min(2).optional().describe('one of its addresses must be this'),
    level: z.enum(['fail', 'warn']).default('fail').describe('what it is when the name has no address, or nobody answers'),
  })
  .refine(({ name, address }) => name !== undefined || address === undefined, { error: 'needs a name for the address' })
type Params = z.output<typeof Params>

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

/**
 * Prints `none` without a resolver, else what it makes of a name that no resolver has to ask others for (RFC 6761, section 6.4): `answers`,
 * `silent` within a second each, or `unclear`. getent does not tell one from the other, bash does.
 */
const anybody: Reading = {
  does: 'ask the resolver',
  script: [
    'known=; while read -r word server rest; do if [ "$word" = nameserver ]; then known=$server; fi; done </etc/resolv.conf;',
    'if [ -z "$known" ]; then echo none; return 0; fi; RES_OPTIONS="timeout:1 attempts:1"; export RES_OPTIONS; answer=;',
    'if command -v getent >/dev/null && limit 3 getent ahosts invalid. >/dev/null 2>&1; then echo answers; return 0; fi;',
    'if command -v bash >/dev/null; then answer=$(limit 3 bash -c "</dev/tcp/invalid./9" 2>&1); elif command -v nslookup >/dev/null; then answer=$(limit 3 nslookup invalid. 2>&1); fi;',
    'if [ $? -ge 124 ]; then echo silent; else case $answer in *"not known"*|*"No address"*|*NXDOMAIN*|*Name:*) echo answers;; *"Temporary failure"*|*"no servers"*|*"timed out"*|*SERVFAIL*|*REFUSED*) echo silent;; *) echo unclear;; esac; fi',
  ].join(' '),
  inline: true,
  mayHang: true,
}

/** Resolution of names on the host. */
export default defineHostCheck({
  type: 'resolves',
  summary: 'name that the host can resolve, or a resolver that answers',
  example: { name: 'localhost' },
  retries: 1,
  params: Params,
  title: ({ name }) => (name === undefined ? 'the resolver answers' : `${name} can be resolved`),
  readings: ({ name }) => [name === undefined ? anybody : look(name)],
  judge: (params, found) => (params.name === undefined ? ofAnybody(params, found) : ofName(params.name, { params, found })),
})

function ofAnybody({ level }: Params, found: Found): CheckResult {
  switch (textIn(found, anybody).trim()) {
    case 'answers':
      return { verdict: 'pass', message: 'the resolver answers' }
    case 'silent':
      return { verdict: level, reason: 'dns', message: 'the resolver does not answer, or can ask nobody' }
    case 'none':
      return { verdict: 'na', message: 'the host has no resolver in /etc/resolv.conf' }
    default:
      throw new Unseen(`could not ${anybody.does}: the host has neither bash nor an nslookup that tells`)
  }
}

function ofName(name: string, { params, found }: { readonly params: Params; readonly found: Found }): CheckResult {
  const { address, level } = params
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
}

/** Of getent, an address at the start of a line; of nslookup, after the name, since its own server stands before it. */
function addressesIn(text: string): string[] {
  const own = /^Server:/m.test(text) ? text.slice(Math.max(0, text.search(/^Name:/m))) : undefined
  const lines = (own ?? text).split('\n')
  const found = lines.flatMap(
    line => (own === undefined ? /^([0-9a-f.:]+)\s/i : /^Address(?: \d+)?:\s+([0-9a-f.:]+)/i).exec(line)?.[1] ?? [],
  )
  return [...new Set(found.map(address => address.toLowerCase()))]
}
