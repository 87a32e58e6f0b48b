import { z } from 'zod'
import type { CheckResult, Found, Reading } from '../../core/check.ts'
import { durationField } from '../../core/fields.ts'
import { nearest } from '../../core/nearest.ts'
import { fileReading } from '../file-reading.ts'
import { defineHostCheck, textIn } from '../host-check.ts'
import { type Limits, limitsOr, passedLimit, percentLimits, rounded } from '../limits.ts'
import { interfaces, type Traffic, trafficBetween, trafficOfAll } from '../proc/interfaces.ts'
import { Unseen } from './look.ts'

const Params = z.strictObject({
  interface: z
    .string()
    .regex(/^[^\s/\0]{1,15}$/, 'is not the name of an interface, such as eth0')
    .optional()
    .describe('it must be there and up; all but the loopback when absent'),
  count: z.enum(['errors', 'drops', 'both']).default('errors').describe('what is compared with the packets'),
  over: durationField()
    .refine(ms => ms >= 100 && ms <= 10_000, { error: 'is not between 100ms and 10s' })
    .optional()
    .describe('only what happens during this time; since the host started when absent'),
  ...percentLimits,
})
type Params = z.output<typeof Params>

const counters = (againAfterMs: number | undefined): Reading => ({
  ...fileReading('/proc/net/dev'),
  ...(againAfterMs !== undefined && { againAfterMs }),
})

const states: Reading = {
  does: 'read the state of the interfaces',
  script:
    'for link in /sys/class/net/*; do { read -r state <"$link/operstate"; } 2>/dev/null && printf "%s %s\\n" "${link##*/}" "$state"; done; :',
  inline: true,
}

/** Packets that were damaged or dropped, as a share of all. */
export default defineHostCheck({
  type: 'network',
  summary: 'interfaces that are up, and lose few packets',
  example: { interface: 'lo', count: 'both', warn: '1%' },
  params: Params,
  title: ({ interface: name }) => `${name ?? 'every interface'} loses few packets`,
  readings: ({ over, interface: name }) => [counters(over), ...(name === undefined ? [] : [states])],
  judge(params, found) {
    const { interface: name } = params
    const traffic = trafficIn(found, params.over)
    if (name === undefined)
      return judgeTraffic(
        [...traffic].filter(([each]) => each !== 'lo'),
        params,
      )
    const own = traffic.get(name)
    if (!own) {
      const close = nearest(name, [...traffic.keys()])
      return { verdict: 'fail', reason: 'missing', message: `there is no interface ${name}${close ? `, but ${close}` : ''}` }
    }
    const state = stateOf(name, found)
    if (state === 'down' || state === 'lowerlayerdown')
      return { verdict: 'fail', reason: 'state', message: `${name} is ${state}` }
    return judgeTraffic([[name, own]], params)
  },
})

function trafficIn(found: Found, over: number | undefined): ReadonlyMap<string, Traffic> {
  const reading = counters(over)
  const before = interfaces(textIn(found, reading))
  if (before.size === 0) throw new Unseen('could not read /proc/net/dev: it has other figures')
  if (over === undefined) return before
  const { again } = found(reading)
  if (!again) throw new Unseen('could not read /proc/net/dev twice')
  const after = interfaces(again.stdout.toString())
  return new Map(
    [...after].flatMap(([name, traffic]) => {
      const was = before.get(name)
      return was ? [[name, trafficBetween(was, traffic)] as const] : []
    }),
  )
}

/** Undefined where /sys does not tell; tunnels are `unknown` all their life. */
const stateOf = (name: string, found: Found): string | undefined =>
  textIn(found, states)
    .split('\n')
    .find(line => line.startsWith(`${name} `))
    ?.slice(name.length + 1)

type Named = readonly (readonly [string, Traffic])[]

function judgeTraffic(all: Named, params: Params): CheckResult {
  if (all.length === 0) return { verdict: 'na', message: 'there is no interface but the loopback' }
  const { count } = params
  const sorted = [...all].sort(([, one], [, other]) => share(other, count) - share(one, count))
  const [worst = all[0]] = sorted
  const [name, traffic] = worst ?? ['', trafficOfAll([])]
  const limits: Limits = limitsOr(params, { warn: 1, fail: 10 })
  const passed = passedLimit(limits, limit => share(traffic, count) > limit)
  const message = `${name} ${told(traffic, params)}`
  return {
    ...(passed
      ? { verdict: passed.verdict, reason: 'threshold', message: `${message}, more than ${rounded(passed.limit)} %` }
      : { verdict: 'pass', message: all.length === 1 ? message : `${message}, the worst of ${all.length}` }),
    metrics: metrics(trafficOfAll(all.map(([, each]) => each)), share(traffic, count)),
    evidence: `${sorted.map(([each, its]) => `${each}: ${told(its, { ...params, count: 'both' })}`).join('\n')}\n`,
  }
}

const lost = (traffic: Traffic, count: Params['count']): number =>
  (count === 'drops' ? 0 : traffic.receiveErrors + traffic.sendErrors) +
  (count === 'errors' ? 0 : traffic.receiveDrops + traffic.sendDrops)

/** Percent of the packets, those that were lost among them. */
function share(traffic: Traffic, count: Params['count']): number {
  const bad = lost(traffic, count)
  const all = traffic.receivedPackets + traffic.sentPackets + bad
  return all === 0 ? 0 : (100 * bad) / all
}

function told(traffic: Traffic, { count, over }: Params): string {
  const bad = lost(traffic, count)
  const packets = traffic.receivedPackets + traffic.sentPackets
  const what = count === 'both' ? 'errors and drops' : count
  const when = over === undefined ? '' : ` in ${rounded(over / 1000)} s`
  return `has ${bad} ${what} for ${packets} packets${when}${bad > 0 ? ` (${share(traffic, count).toPrecision(2)} %)` : ''}`
}

const metrics = (traffic: Traffic, lostPercent: number): NonNullable<CheckResult['metrics']> => ({
  lost_percent: lostPercent,
  receive_bytes: traffic.receivedBytes,
  receive_packets: traffic.receivedPackets,
  receive_errors: traffic.receiveErrors,
  receive_drops: traffic.receiveDrops,
  transmit_bytes: traffic.sentBytes,
  transmit_packets: traffic.sentPackets,
  transmit_errors: traffic.sendErrors,
  transmit_drops: traffic.sendDrops,
})
