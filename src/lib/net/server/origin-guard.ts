import { isIPv4, isIPv6 } from 'node:net'
import { isLoopback } from './listen-address.ts'
import { Refusal } from './refusal.ts'

/** What a request says of where it was sent to, and from. */
interface Claims {
  readonly host: string | undefined
  readonly origin: string | undefined
  readonly fetchSite: string | undefined
}

/**
 * Keeps web pages of others away. A page can point its own name at our address (DNS rebinding): only names that are ours are served;
 * addresses always, for a browser that shows an address has a page of that address. A page can also send us a form or a fetch:
 * what changes state must come from a page of ours, or from no page at all.
 */
export class OriginGuard {
  readonly #names: ReadonlySet<string>

  /** `names` besides those of loopback, without port. */
  constructor(names: Iterable<string>) {
    this.#names = new Set([...names].map(name => name.toLowerCase().replace(/\.$/, '')))
  }

  /** HTTP/1.0 knows no Host header; there is no browser that leaves it out. @throws Refusal 400, 421 */
  checkHost(host: string | undefined): void {
    if (host === undefined) return
    const [, inBrackets, name = ''] = /^(?:\[([0-9a-f:.]+)\]|([^\s:/@?#[\]]+))(?::\d{1,5})?$/i.exec(host) ?? []
    if (inBrackets === undefined && name === '') throw new Refusal(400, 'the Host header names no host')
    if (inBrackets === undefined ? isIPv4(name) : isIPv6(inBrackets)) return
    const plain = name.toLowerCase().replace(/\.$/, '')
    if (isLoopback(plain) || this.#names.has(plain)) return
    throw new Refusal(421, `this server is not called ${plain.slice(0, 253)}`, {
      hint: 'begin it with --server-name and that name, or ask by its address',
    })
  }

  /** Of what may change something. @throws Refusal 403 */
  checkOrigin({ host, origin, fetchSite }: Claims): void {
    const isStrange = fetchSite !== undefined && fetchSite !== 'same-origin' && fetchSite !== 'none'
    const isOther = origin !== undefined && origin.replace(/^https?:\/\//, '').toLowerCase() !== host?.toLowerCase()
    if (isStrange || isOther) throw new Refusal(403, 'the page of another site may change nothing here')
  }
}
