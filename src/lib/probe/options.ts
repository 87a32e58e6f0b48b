import { z } from 'zod'
import { durationField } from '../core/fields.ts'
import { fleetOptions } from '../fleet/index.ts'

const { timeout: _t, idleTimeout: _i, maxFail: _m, concurrency: _c, ...fleet } = fleetOptions

const what = 'Checks'

/** Flags that say what is looked at, and from where. */
export const probeFlags = {
  endpoint: z.array(z.string()).default([]).meta({
    positional: true,
    value: 'ENDPOINT',
    completes: 'none',
    description: 'https://x, tcp://db:5432, tls://x:443, dns://x, icmp://x, ssh://x, grpc://x, ws://x, unix:///run/x.sock',
  }),
  file: z.array(z.string()).default([]).meta({
    short: 'f',
    value: 'FILE',
    group: what,
    completes: 'files',
    description: 'checks to make (YAML); may be repeated',
  }),
  check: z.array(z.string()).default([]).meta({
    value: 'NAME',
    group: what,
    description: 'only the check of this name, or those that match db-*; may be repeated',
  }),
  from: z.enum(['here', 'host']).optional().meta({
    group: what,
    description: 'from where the endpoints of the command line are asked: here, or from each host of -t',
  }),
  timeout: durationField().optional().meta({
    value: 'TIME',
    group: what,
    description: 'of one look at an endpoint of the command line; 5s unless the check says otherwise',
  }),
  ...fleet,
  concurrency: z
    .int()
    .min(1)
    .max(10_000)
    .default(100)
    .meta({ value: 'N', group: 'Limits', description: 'endpoints at a time, and hosts at a time' }),
}

/** Flags of `opsctl probe`. */
export const probeOptions = z.strictObject(probeFlags)
export type ProbeOptions = z.output<typeof probeOptions>

/** Flags of `opsctl probe wait`. */
export const probeWaitOptions = z.strictObject({
  ...probeFlags,
  deadline: durationField()
    .prefault('1m')
    .meta({ value: 'TIME', group: 'Limits', description: 'how long to wait for everything to be well (exit 124)' }),
  every: durationField().prefault('1s').meta({ value: 'TIME', group: 'Limits', description: 'pause between two looks' }),
})
export type ProbeWaitOptions = z.output<typeof probeWaitOptions>

/** Flags of `opsctl probe lint`. */
export const probeLintOptions = z.strictObject({
  file: z
    .array(z.string())
    .min(1)
    .meta({ positional: true, value: 'FILE', completes: 'files', description: 'files of checks (YAML)' }),
})

const { allowEmpty: _, ...learnFleet } = fleet

/** Flags of `opsctl probe learn`. */
export const probeLearnOptions = z.strictObject({
  host: z.array(z.string()).default([]).meta({
    positional: true,
    value: 'HOST',
    completes: 'targets',
    description: 'hosts to learn from, as node sets; this machine when neither they nor -t name any',
  }),
  try: z.boolean().default(false).meta({
    group: what,
    description: 'ask the ports that listen, from the host itself, whether they speak TLS or HTTP',
  }),
  ...learnFleet,
  concurrency: fleetOptions.concurrency,
})
export type ProbeLearnOptions = z.output<typeof probeLearnOptions>
