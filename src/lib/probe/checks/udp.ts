import { z } from 'zod'
import type { CheckPlace } from '../../core/check.ts'
import { dialerOf } from '../../net/dial.ts'
import { Progress } from '../../net/progress.ts'
import { resolveOne } from '../../net/resolve-one.ts'
import { exchangeDatagrams } from '../../net/udp.ts'
import { escapedField, hexField } from '../bytes-field.ts'
import { assertions, business } from '../dimensions/assertions.ts'
import { body } from '../dimensions/body.ts'
import { latency } from '../dimensions/latency.ts'
import { reachability } from '../dimensions/reachability.ts'
import { defineEndpointCheck } from '../endpoint-check.ts'
import { failureOf } from '../failure-of.ts'
import { noDatagrams } from '../no-datagrams.ts'
import type { Observation, ObservationFailure } from '../observation.ts'
import { safePatternField } from '../safe-pattern-field.ts'

const form = /^udp:\/\/(?:\[([0-9a-f:.]+)\]|([^:/?#[\]@\s]+)):(\d{1,5})\/?$/i
const maxShown = 60
const isPort = (port: number): boolean => port > 0 && port <= 65_535

const shape = {
  endpoint: z
    .string()
    .regex(form, 'is not of the form udp://host:port')
    .refine(text => isPort(Number(form.exec(text)?.[3])), 'is at a port that there is not: 1 to 65535')
    .describe('udp://host:port'),
  send: escapedField()
    .optional()
    .describe('what is sent, with \\n, \\r, \\t, \\0, \\\\, \\xff and \\u{20ac}; an empty datagram when absent'),
  send_hex: hexField().optional().describe('what is sent, in hex: ff ff ff ff 54'),
  expect: safePatternField()
    .optional()
    .describe('regular expression (RE2) that the answer must match, as text or byte by byte (\\xff); silence fails then'),
  expect_hex: hexField().optional().describe('bytes that the answer must hold, in hex; silence fails then'),
  answer: z
    .enum(['optional', 'required'])
    .default('optional')
    .describe('required: silence fails; otherwise it is unknown, since a port that drops what it does not know is silent too'),
  address_family: z.enum(['any', 'ipv4', 'ipv6']).default('any'),
}
type Params = z.output<z.ZodObject<typeof shape>>

/** A port of UDP, sent one datagram. */
export default defineEndpointCheck({
  type: 'udp',
  summary: 'port of UDP that answers a datagram',
  example: { endpoint: 'udp://127.0.0.1:27015', send_hex: 'ffffffff54', expect: 'Source Engine' },
  params: shape,
  dimensions: [reachability, latency, body, assertions, business],
  judgedBy: () => [{ type: 'reachability' }],
  title: ({ endpoint }) => `${endpoint} answers`,
  look,
})

const families = { any: 0, ipv4: 4, ipv6: 6 } as const

async function look(place: CheckPlace, params: Params): Promise<Observation> {
  const { clock, signal, trace } = place
  const progress = new Progress(trace)
  const start = clock.monotonic()
  const seen = () => ({
    endpoint: params.endpoint,
    phases: progress.phases,
    totalMs: clock.monotonic() - start,
    ...(progress.address !== undefined && { address: progress.address }),
  })
  if (dialerOf(place).from === 'host') return { ...seen(), failure: noDatagrams }
  try {
    const [, literal, name = literal ?? '', port] = form.exec(params.endpoint) ?? []
    const family = families[params.address_family]
    const to = { ...(await resolveOne(name, { family, clock, signal, progress })), port: Number(port) }
    progress.phase = 'wait'
    const sent = clock.monotonic()
    const payload = params.send_hex ?? params.send ?? Buffer.alloc(0)
    trace?.(`send     ${payload.length} bytes to ${to.address}, port ${to.port}`)
    const bytes = await exchangeDatagrams({ to, payload, signal, take: datagram => datagram })
    progress.done('wait', clock.monotonic() - sent)
    trace?.(`answer   ${bytes.length} bytes`)
    const problem = mismatch(bytes, params)
    return { ...seen(), body: { bytes, truncated: false }, ...(problem && { failure: problem }) }
  } catch (error) {
    const failure = failureOf(error, progress)
    return { ...seen(), failure: failure.reason === 'timeout' ? ofSilence(failure, params) : failure }
  }
}

function ofSilence({ message }: ObservationFailure, { expect, expect_hex: hex, answer }: Params): ObservationFailure {
  const silent = {
    reason: 'no-answer',
    message: message.replace('the server gave no answer', 'nothing came back'),
    phase: 'wait',
  } as const
  const isExpected = expect !== undefined || hex !== undefined || answer === 'required'
  return isExpected ? silent : { ...silent, message: `${silent.message}, which may be as it should`, unknown: true }
}

function mismatch(bytes: Buffer, { expect, expect_hex: hex }: Params): ObservationFailure | undefined {
  const bad = (message: string): ObservationFailure => ({ reason: 'content', message, phase: 'wait' })
  if (expect && expect.find(bytes.toString()) === undefined && expect.find(bytes.toString('latin1')) === undefined) {
    return bad(`the answer ${shown(bytes)} does not match ${expect.text}`)
  }
  return hex && !bytes.includes(hex) ? bad(`the answer ${shown(bytes)} does not hold ${hex.toString('hex')}`) : undefined
}

/** As text where it is some, in hex where it is not. */
function shown(bytes: Buffer): string {
  const text = bytes.toString()
  const isText = /^[\t\n\r\x20-\x7e\u00a1-\uffef]*$/u.test(text) && !text.includes('\ufffd')
  const all = isText ? text : bytes.toString('hex')
  return JSON.stringify(all.length > maxShown ? `${all.slice(0, maxShown)}…` : all)
}
