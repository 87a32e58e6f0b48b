import { z } from 'zod'
import type { CheckPlace } from '../../core/check.ts'
import { durationField } from '../../core/fields.ts'
import { Progress } from '../../net/progress.ts'
import { scriptCommand, scriptOutput } from '../../transport/host-script.ts'
import { assertions, business } from '../dimensions/assertions.ts'
import { latency } from '../dimensions/latency.ts'
import { packetLoss } from '../dimensions/packet-loss.ts'
import { reachability } from '../dimensions/reachability.ts'
import { defineEndpointCheck } from '../endpoint-check.ts'
import { failureOf } from '../failure-of.ts'
import { knock } from '../icmp/knock.ts'
import { mayFragment, noPing, pingScript } from '../icmp/ping-script.ts'
import { complaintsIn, type PingOutput, readPing } from '../icmp/read-ping.ts'
import type { Observation, ObservationFailure } from '../observation.ts'

/** A name, or an address in brackets: never what a program could take for an option. */
const form = /^icmp:\/\/(?:\[([0-9a-f:.]+(?:%[a-z0-9][\w.-]*)?)\]|([a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?\.?))\/?$/i

const shape = {
  endpoint: z.string().max(300).regex(form, 'is not of the form icmp://host').describe('icmp://host, icmp://[2001:db8::1]'),
  count: z.int().min(1).max(100).default(3).describe('so many packets'),
  interval: durationField().prefault('200ms').describe('between two packets; 200ms when absent, and no shorter'),
  wait: durationField().prefault('1s').describe('for the last answer, in whole seconds; 1s when absent'),
  size: z.int().min(16).max(65_507).default(56).describe('bytes in each packet, without its headers'),
  ttl: z.int().min(1).max(255).optional().describe('the endpoint must be so many hops away, or fewer'),
  dont_fragment: z.boolean().default(false).describe('routers may not cut the packets: tells whether so many bytes pass in one'),
  source: z
    .string()
    .max(100)
    .regex(/^[0-9a-f:.]+$/i, 'is not an address')
    .optional()
    .describe('the address from which to ping'),
  address_family: z.enum(['any', 'ipv4', 'ipv6']).default('any'),
}
type Params = z.output<z.ZodObject<typeof shape>>

/**
 * A machine, pinged by the ping of the system from which is looked, since packets of ICMP can not be sent otherwise without privileges.
 * The time of the look, for `latency`, is the average of the round trips.
 */
export default defineEndpointCheck({
  type: 'icmp',
  summary: 'machine that answers pings',
  example: { endpoint: 'icmp://127.0.0.1', count: 5, dimensions: [{ type: 'packet_loss', fail_percent: 40 }] },
  params: shape,
  dimensions: [reachability, packetLoss, latency, assertions, business],
  judgedBy: () => [{ type: 'reachability' }, { type: 'packet_loss' }],
  title: ({ endpoint }) => `${endpoint} answers pings`,
  look,
})

const maxOutputBytes = 262_144
const families = { any: '', ipv4: '4', ipv6: '6' } as const

async function look(place: CheckPlace, params: Params): Promise<Observation> {
  const { clock, signal, trace } = place
  const progress = new Progress(trace)
  const start = clock.monotonic()
  const [, literal, host = literal ?? ''] = form.exec(params.endpoint) ?? []
  const seen = () => ({ endpoint: params.endpoint, phases: progress.phases, totalMs: clock.monotonic() - start })
  try {
    progress.phase = 'wait'
    trace?.(`send     ${params.count} packets of ${params.size} bytes to ${host}`)
    const output = await place.transport.run(scriptCommand(pingScript, argumentsFor(host, params)), { signal, maxOutputBytes })
    signal.throwIfAborted()
    const text = `${scriptOutput(output)?.toString() ?? ''}\n${Buffer.from(output.stderr).toString()}`
    if (output.code === mayFragment)
      return { ...seen(), failure: cannot('the ping of busybox can not forbid that packets are cut') }
    const complaints = complaintsIn(text)
    if (output.code === noPing) return await knocked(place, { host, params, why: 'there is no ping' })
    if (complaints.some(each => /not permitted|permission denied|are you root/i.test(each))) {
      return await knocked(place, { host, params, why: 'ping is not permitted' })
    }
    const ping = readPing(text)
    trace?.(`answer   ${ping ? `${ping.received} of ${ping.sent} packets` : (complaints[0] ?? 'none')}`)
    return { ...seen(), ...(ping ? ofPing(ping) : { failure: ofComplaints(complaints) }) }
  } catch (error) {
    const failure = failureOf(error, progress)
    return { ...seen(), failure: { ...failure, reason: 'no-answer' } }
  }
}

function argumentsFor(
  host: string,
  { count, interval, wait, size, ttl, dont_fragment: whole, address_family: family, source }: Params,
): string[] {
  const seconds = Math.max(interval, 200) / 1000
  const waiting = Math.max(1, Math.round(wait / 1000))
  return [host, count, seconds, waiting, size, families[family], ttl ?? '', whole ? 'do' : '', source ?? ''].map(String)
}

function ofPing({
  address,
  ...ping
}: PingOutput): Pick<Observation, 'address' | 'ping' | 'seen' | 'failure'> & Partial<Observation> {
  const { sent, received, roundTrip, ttl, complaints } = ping
  const lost = sent === 0 ? 0 : (100 * Math.max(0, sent - received)) / sent
  return {
    ...(address !== undefined && { address }),
    ping,
    ...(roundTrip && { totalMs: roundTrip.avg, phases: { wait: roundTrip.avg } }),
    ...(received === 0 && { failure: ofComplaints(complaints, sent) }),
    seen: {
      sent,
      received,
      loss_percent: lost,
      ...(roundTrip && { rtt_min_ms: roundTrip.min, rtt_avg_ms: roundTrip.avg, rtt_max_ms: roundTrip.max }),
      ...(ttl !== undefined && { ttl }),
      complaints: [...complaints],
    },
  }
}

const cannot = (message: string): ObservationFailure => ({ reason: 'error', message, unknown: true })

function ofComplaints([first]: readonly string[], sent = 0): ObservationFailure {
  if (first === undefined && sent > 0) {
    return {
      reason: 'no-answer',
      message: sent === 1 ? 'the packet was not answered' : `none of ${sent} packets was answered`,
      phase: 'wait',
    }
  }
  if (first === undefined) return cannot('ping says nothing')
  if (/not known|bad address|unknown host|temporary failure|no address/i.test(first))
    return { reason: 'dns', message: first, phase: 'resolve' }
  if (/unreachable|exceeded|too long|frag needed|prohibited|not supported|no route/i.test(first)) {
    return { reason: 'no-route', message: first, phase: 'wait' }
  }
  return cannot(`ping says: ${first}`)
}

interface Knocking {
  readonly host: string
  readonly params: Params
  readonly why: string
}

/** Without ping a machine can still be asked by TCP, which is told. */
async function knocked(place: CheckPlace, { host, params, why }: Knocking): Promise<Observation> {
  const start = place.clock.monotonic()
  const ask = `${why}: give the host one (iputils-ping), or the user the right to it (net.ipv4.ping_group_range)`
  try {
    const { port, address, tookMs } = await knock(place, host)
    return {
      endpoint: params.endpoint,
      phases: { connect: tookMs },
      totalMs: tookMs,
      ...(address !== undefined && { address }),
      note: `by TCP port ${port}, since ${why}`,
      seen: { method: 'tcp', port },
    }
  } catch (error) {
    const failure = failureOf(error, new Progress())
    const failed = failure.reason === 'dns' ? failure : cannot(`ports 443, 80 and 7 of TCP do not answer, and ${ask}`)
    return { endpoint: params.endpoint, phases: {}, totalMs: place.clock.monotonic() - start, failure: failed }
  }
}
