import { z } from 'zod'
import { serverFields } from '../net/server/server-fields.ts'
import { probeFlags } from '../probe/index.ts'

const { check: _, concurrency: _c, deadline: _d, ...flags } = probeFlags

/** Flags of `opsctl probe serve`. */
export const serveOptions = z.strictObject({
  ...flags,
  file: z.array(z.string()).default([]).meta({
    short: 'f',
    value: 'PATH',
    group: 'Checks',
    completes: 'files',
    description: 'checks to make (YAML), or a directory of such files; may be repeated',
  }),
  listen: z.array(z.string()).default(['127.0.0.1:9115']).meta({
    value: 'ADDR',
    group: 'Server',
    shownDefault: '127.0.0.1:9115',
    description: 'where to answer: HOST:PORT or unix:/PATH; may be repeated. Anything but loopback needs TLS',
  }),
  ...serverFields,
  clientCa: z.string().optional().meta({
    value: 'FILE',
    group: 'Server',
    completes: 'files',
    description: 'authority of client certificates (PEM): who shows one of it may change things',
  }),
  tokenFile: z.string().optional().meta({
    value: 'FILE',
    group: 'Server',
    completes: 'files',
    description: 'tokens, one a line: who sends one may change things',
  }),
  readTokenFile: z.string().optional().meta({
    value: 'FILE',
    group: 'Server',
    completes: 'files',
    description: 'tokens without which nobody may even read',
  }),
  alerts: z.string().optional().meta({
    value: 'FILE',
    group: 'Alerts',
    completes: 'files',
    description: 'channels and routes of alerts (YAML)',
  }),
  registry: z.string().optional().meta({
    value: 'URL',
    group: 'Checks',
    description: 'redis://HOST:6379/STREAM: events of a Redis stream add, replace, remove and switch checks',
  }),
  registryGroup: z.string().optional().meta({
    value: 'NAME',
    group: 'Checks',
    shownDefault: 'opsctl-HOSTNAME',
    description: 'consumer group of the stream, of this instance alone',
  }),
  registryPasswordFile: z.string().optional().meta({
    value: 'FILE',
    group: 'Checks',
    completes: 'files',
    description: 'password of Redis',
  }),
  blackbox: z.string().optional().meta({
    value: 'FILE',
    group: 'Server',
    completes: 'files',
    description: "modules of /probe, as blackbox_exporter's own file has them; its usual ones when absent",
  }),
  blackboxTarget: z.array(z.string()).default([]).meta({
    value: 'PATTERN',
    group: 'Server',
    shownDefault: 'any while only this machine can ask, else none',
    description: 'what /probe may ask: *.example.com, web1:443, 10.0.0.0/8 or /run/*.sock; may be repeated',
  }),
  workers: z.int().min(1).max(10_000).default(200).meta({ value: 'N', group: 'Limits', description: 'looks at a time' }),
  perEndpoint: z
    .int()
    .min(1)
    .max(1000)
    .default(10)
    .meta({ value: 'N', group: 'Limits', description: 'looks at a time at one host, and at one endpoint' }),
})
export type ServeOptions = z.output<typeof serveOptions>
