import { isIP } from 'node:net'

/** As many as the system's own resolver asks (resolv.conf(5)). */
const maxServers = 3

/** The addresses of the resolvers that a resolv.conf(5) names; this machine itself where it names none. */
export function resolversOf(text: string): string[] {
  const named = text.split('\n').flatMap(line => {
    const address = /^nameserver\s+(\S+)/.exec(line)?.[1]
    // An address of one link has the name of its interface after a %, which is none of ours to judge.
    return address !== undefined && isIP(address.replace(/%.*$/, '')) !== 0 ? [address] : []
  })
  return named.length === 0 ? ['127.0.0.1'] : named.slice(0, maxServers)
}
