import { dnsServer } from '../../helpers/dns-server.ts'
import { grpcServer } from '../../probe/grpc-server.ts'
import { dnsCases, dnsZones } from './dns-cases.ts'
import { grpcCases } from './grpc-cases.ts'
import { httpCaseServer, httpCases } from './http-cases.ts'
import type { ShopCertificates } from './shop-certificates.ts'
import { moduleLine } from './side-by-side.ts'
import { tcpCaseServer, tcpCases } from './tcp-cases.ts'

export interface ManyTargets extends AsyncDisposable {
  /** Of blackbox_exporter. */
  readonly config: string
  /** Parameters of `/probe`, and the name of the case. */
  readonly targets: readonly {
    readonly name: string
    readonly passes: boolean
    readonly query: Readonly<Record<string, string>>
  }[]
}

interface Served {
  readonly prober: string
  readonly name: string
  readonly settings: string | undefined
  readonly passes: boolean
  readonly target: string
  readonly hostname?: string
}

/** The targets of every table, all at once. */
export async function manyTargets(certificates: ShopCertificates): Promise<ManyTargets> {
  const { of, ca } = certificates
  await using stack = new AsyncDisposableStack()
  const served: Served[] = []
  for (const each of httpCases) {
    const { name, http, target = 'http://127.0.0.1:PORT/', hostname, passes } = each
    const { port } = stack.use(await httpCaseServer(each, certificates))
    const place = target.replace('PORT', String(port))
    served.push({ prober: 'http', name, settings: http, passes, target: place, ...(hostname && { hostname }) })
  }
  for (const { name, server, tls = 'good', tcp, target = '127.0.0.1:PORT', passes } of tcpCases) {
    const { port } = stack.use(await tcpCaseServer(server, of[tls]))
    served.push({ prober: 'tcp', name, settings: tcp, passes, target: target.replace('PORT', String(port)) })
  }
  const { cert, key } = of.good
  for (const { name, zone, dns, passes, over } of dnsCases) {
    const server = zone && stack.use(await dnsServer(dnsZones[zone], { tls: { cert, key } }))
    served.push({
      prober: 'dns',
      name,
      settings: dns,
      passes,
      target: `127.0.0.1:${(over ? server?.tlsPort : server?.port) ?? 1}`,
    })
  }
  for (const { name, replies, tls, grpc, passes } of grpcCases) {
    const server = replies && stack.use(await grpcServer(replies, tls && of[tls]))
    served.push({ prober: 'grpc', name, settings: grpc, passes, target: `127.0.0.1:${server?.port ?? 1}` })
  }
  const modules = served.map(({ prober, settings }, index) => moduleLine(prober, `m${index}`, settings))
  const servers = stack.move()
  return {
    config: `modules:\n${modules.join('')}`.replaceAll('CA', ca),
    targets: served.map(({ prober, name, passes, target, hostname }, index) => ({
      name: `${prober}: ${name}`,
      passes,
      query: { module: `m${index}`, target, ...(hostname && { hostname }) },
    })),
    [Symbol.asyncDispose]: () => servers.disposeAsync(),
  }
}
