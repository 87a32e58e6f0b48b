import { z } from 'zod'
import type { Check, CheckPlace, CheckResult, Found } from '../../core/check.ts'
import { defineCheck } from '../../core/component.ts'
import { durationField } from '../../core/fields.ts'
import type { Json } from '../../core/json.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { parseParams } from '../../core/params.ts'
import { hostCheck } from '../host-check.ts'
import { readAll } from '../readings.ts'
import { listenersIn, listenersReading } from './listeners.ts'
import { judge } from './look.ts'
import { connectFromHere, connectFromHost, type Tried } from './port-connect.ts'

const Params = z.strictObject({
  port: z.int().min(1).max(65_535),
  address: z
    .string()
    .regex(/^[A-Za-z0-9_.:-]+$/, 'is neither a name nor an address')
    .optional()
    .describe('where to connect to; the host itself when absent'),
  from: z.enum(['host', 'here']).default('host').describe('who connects: the host, or the machine that runs opsctl'),
  timeout: durationField().prefault('5s').describe('how long a connection may take'),
})
type Params = z.output<typeof Params>

/**
 * A TCP port that accepts connections. From the host, without an address: something listens on it, and accepts where the host has bash or
 * nc to try. No answer in time is a failure of the port; a host that can not try gives no verdict.
 */
export default defineCheck({
  type: 'port',
  version: '1.0.0',
  summary: 'TCP port that accepts connections, seen from the host or from here',
  stability: 'beta',
  schema: jsonSchemaOf(Params),
  example: { port: 22 },
  build: config => portCheck(config),
})

function portCheck(config: Json): Check {
  const params = parseParams(Params, config)
  const { port, address, from } = params
  const look = address === undefined && from === 'host' ? lookAtListeners : connect
  const where = address === undefined ? `port ${port}` : `port ${port} of ${address}`
  const title = `${where} answers`
  const run: Check['run'] = place => judge(() => look(place, params, where))
  if (look !== lookAtListeners) return { title, run }
  // Among many checks it is only read whether something listens; run by itself, it is also tried.
  const listening = (found: Found): CheckResult =>
    addressesOn(port, found).length > 0 ? { verdict: 'pass', message: `something listens on ${where}` } : nobody(where)
  return { ...hostCheck({ title, readings: [listenersReading], judge: listening }), run }
}

const addressesOn = (port: number, found: Found): string[] =>
  listenersIn(found).flatMap(one => (one.port === port ? one.address : []))

const nobody = (where: string): CheckResult => ({ verdict: 'fail', reason: 'refused', message: `nothing listens on ${where}` })

async function connect(place: CheckPlace, { port, address, from, timeout }: Params, where: string): Promise<CheckResult> {
  const { host } = place.transport
  const target = address ?? host.address ?? (host.via === 'local' ? '127.0.0.1' : host.name)
  const tried =
    from === 'here'
      ? await connectFromHere(place, { address: target, port, timeoutMs: timeout })
      : await connectFromHost(place, { address: target, port, timeoutMs: timeout })
  return resultOf(tried, where)
}

async function lookAtListeners(place: CheckPlace, { port, timeout }: Params, where: string): Promise<CheckResult> {
  const [first] = addressesOn(port, await readAll(place, [listenersReading]))
  if (first === undefined) return nobody(where)
  const tried = await connectFromHost(place, { address: reachable(first), port, timeoutMs: timeout })
  // That something listens is known all the same.
  if (tried.outcome === 'no tool') return { verdict: 'pass', message: `something listens on ${where}` }
  return resultOf(tried, where)
}

function resultOf({ outcome, message, connectMs }: Tried, where: string): CheckResult {
  if (outcome === 'no tool')
    return {
      verdict: 'unknown',
      reason: 'unreadable',
      message: `could not connect to ${where}: the host has neither bash nor nc`,
    }
  if (outcome === 'unknown')
    return { verdict: 'unknown', reason: 'unreadable', message: `could not connect to ${where}: ${message}` }
  const metrics = connectMs === undefined ? {} : { metrics: { connect_seconds: connectMs / 1000 } }
  return outcome === 'open'
    ? { verdict: 'pass', message: `${where} answers`, ...metrics }
    : { verdict: 'fail', reason: 'no-answer', message: `${where} does not answer${message ? `: ${message}` : ''}` }
}

/** An address to connect to for one that is listened on. */
const reachable = (address: string): string => (address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address)
