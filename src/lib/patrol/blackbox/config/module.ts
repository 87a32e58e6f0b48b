import { dnsSettings } from './dns-shape.ts'
import { mapping, record, type ValueOf } from './field.ts'
import { grpcSettings } from './grpc-shape.ts'
import { httpSettings } from './http-shape.ts'
import { icmpSettings } from './icmp-shape.ts'
import { choice, duration } from './scalar-fields.ts'
import { tcpSettings, unixSettings, websocketSettings } from './talk-shape.ts'

const probers = choice('', 'http', 'tcp', 'icmp', 'dns', 'grpc', 'unix', 'websocket')

/** One way to probe, by whose name Prometheus asks for it. */
export const moduleField = record(
  'a module',
  {
    prober: probers,
    /** Milliseconds; 0 where it has none of its own. */
    timeout: duration(),
    http: httpSettings,
    tcp: tcpSettings,
    icmp: icmpSettings,
    dns: dnsSettings,
    grpc: grpcSettings,
    unix: unixSettings,
    websocket: websocketSettings,
  },
  ({ prober }, node) => {
    if (prober === '')
      node.child('prober').wrong('prober is missing', { hint: 'say http, tcp, icmp, dns, grpc, unix or websocket' })
  },
)
export type BlackboxModule = ValueOf<typeof moduleField>

/** The whole file. */
export const configField = record(
  'a blackbox configuration',
  { modules: mapping('modules', moduleField) },
  ({ modules }, node) => {
    if (modules.size === 0) node.wrong('there are no modules in it', { hint: 'it has modules:' })
  },
)
export type BlackboxConfig = ValueOf<typeof configField>
