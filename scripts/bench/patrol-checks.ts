import { type ProbeServers, serverName } from './probe-servers.ts'

export interface PatrolChecks {
  readonly endpoints: number
  /** Each is asked for five things. */
  readonly hosts: readonly string[]
  readonly intervalS: number
  readonly timeoutS: number
}

const hostKinds: readonly object[] = [
  { type: 'load', warn: 1000, fail: 2000 },
  { type: 'memory' },
  { type: 'swap' },
  { type: 'disk', path: '/' },
  { type: 'uptime' },
]

/** Web servers are this many; each has many pages, so that connections are kept. */
const servers = 250

/**
 * The text of a file of checks: of the endpoints three in five are HTTP on kept connections, one TLS with a handshake each, one TCP. A tenth
 * of all checks hangs until its deadline, a tenth of the endpoints is P0, three tenths are P1, alike among those that hang.
 */
export function patrolChecks(
  { endpoints, hosts, intervalS, timeoutS }: PatrolChecks,
  { web, silentPort }: { readonly web: ProbeServers; readonly silentPort: number },
): string {
  const [plain, secure] = (['HTTP', 'TLS, EC P-256'] as const).map(speech => web.urls(speech, servers))
  const all = endpoints + hosts.length * hostKinds.length
  const hanging = Math.round(all / 10)
  const targetOf = (index: number): object => {
    const server = index % servers
    const http = { endpoint: `${plain?.[server]}${index}`, keep_alive: true }
    // Those are the last, so that their classes are mixed like those of the others.
    if (index >= endpoints - hanging) return { endpoint: http.endpoint.replace(/:\d+\//, `:${silentPort}/`) }
    const kind = Math.floor(index / 10) % 5
    if (kind < 3) return http
    const url = `${secure?.[server]}${index}`
    return kind === 3
      ? { endpoint: url, keep_alive: false, ca: web.authority, server_name: serverName }
      : { endpoint: new URL(http.endpoint).origin.replace('http', 'tcp') }
  }
  const checks = Array.from({ length: endpoints }, (_, index) => ({
    name: `endpoint${index}`,
    sla: index % 10 === 0 ? 'P0' : index % 10 < 4 ? 'P1' : 'P2',
    ...targetOf(index),
  }))
  const targets = hosts.join(',')
  const ofHosts =
    hosts.length === 0 ? [] : hostKinds.map((kind, index) => ({ name: `host${index}`, sla: 'P1', targets, ...kind }))
  // What is JSON is YAML.
  return JSON.stringify({ defaults: { interval: `${intervalS}s`, timeout: `${timeoutS}s` }, checks: [...checks, ...ofHosts] })
}
