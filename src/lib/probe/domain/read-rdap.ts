import type { Json } from '../../core/json.ts'
import type { ObservationFailure, RegistrationSeen } from '../observation.ts'

const maxStatus = 32

/** What a registry says of a domain (RFC 9083, section 5.3), or why that is not to be had. */
export function readRdap(text: string, domain: string): RegistrationSeen | { readonly failure: ObservationFailure } {
  const answer = parsed(text)
  if (answer === undefined || field(answer, 'objectClassName') !== 'domain')
    return broken('the answer is not that of a registry of domains')
  const name = field(answer, 'ldhName')
  const named = typeof name === 'string' ? name.toLowerCase().replace(/\.$/, '') : undefined
  if (named !== undefined && named !== domain) return broken(`the answer is about another domain than ${domain}`)
  const events = listOf(field(answer, 'events'))
  const expiration = events.find(event => field(event, 'eventAction') === 'expiration')
  if (expiration === undefined) {
    const failure = {
      reason: 'unreadable',
      message: 'the registry does not tell when the registration ends',
      unknown: true,
    } as const
    return { failure }
  }
  const date = field(expiration, 'eventDate')
  const expires = typeof date === 'string' && /^\d{4}-\d\d-\d\d/.test(date) ? Date.parse(date) : Number.NaN
  if (Number.isNaN(expires)) return broken('the end of the registration is no date')
  const status = listOf(field(answer, 'status')).flatMap(each => (typeof each === 'string' ? printable(each) : []))
  return { expires, status: status.slice(0, maxStatus) }
}

const broken = (message: string): { readonly failure: ObservationFailure } => ({
  failure: { reason: 'protocol', message, phase: 'transfer' },
})

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const field = (value: Json | undefined, name: string): Json | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, Json>>)[name]
    : undefined

const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : [])

const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, 80)
