/** Where a connection goes: `[user@]host[:port]` or `ssh://[user@]host[:port]`. */
export interface Destination {
  readonly host: string
  readonly user?: string
  readonly port?: number
}

/** A hop of ProxyJump, or undefined when the word is none. IPv6 addresses stand in brackets. As parse_user_host_port() and parse_uri() of OpenSSH. */
export function parseDestination(word: string): Destination | undefined {
  const isUri = word.startsWith('ssh://')
  const text = isUri ? word.slice('ssh://'.length).replace(/\/$/, '') : word
  const at = isUri ? text.indexOf('@') : text.lastIndexOf('@')
  const user = at === -1 ? undefined : text.slice(0, at).split(isUri ? ';' : '\0')[0]
  if (user === '') return undefined
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^[:/][^:/]*))(?::(\d*))?$/.exec(text.slice(at + 1)) ?? []
  const host = bracketed ?? plain
  if (host === undefined || host === '') return undefined
  if (isUri && !/^[a-z0-9]([._-]?[a-z0-9_-])*\.?$/i.test(host)) return undefined
  const number = port === undefined || port === '' ? undefined : parsePort(port)
  if (number === 0) return undefined
  const name = user === undefined || !isUri ? user : decodeUser(user)
  if (user !== undefined && name === undefined) return undefined
  return { host, ...(name === undefined ? {} : { user: name }), ...(number === undefined ? {} : { port: number }) }
}

/** The hops of a ProxyJump value in the order they are passed, none for `none`; undefined when one of them is no destination. */
export function parseProxyJump(value: string): Destination[] | undefined {
  if (value.toLowerCase() === 'none') return []
  const hops: Destination[] = []
  for (const word of withoutComment(value).split(',')) {
    const hop = parseDestination(word)
    if (!hop) return undefined
    hops.push(hop)
  }
  return hops
}

/** 1 to 65535; 0 for anything else. */
export function parsePort(text: string): number {
  if (text === 'ssh') return 22
  const port = /^\d{1,9}$/.test(text) ? Number(text) : 0
  return port <= 65_535 ? port : 0
}

/** A destination as ProxyJump writes it. */
export function formatDestination({ host, user, port }: Destination): string {
  const name = host.includes(':') || /^[\d.]+$/.test(host) ? `[${host}]` : host
  return `${user === undefined ? '' : `${user}@`}${name}${port === undefined ? '' : `:${port}`}`
}

/** OpenSSH cuts at a comment and at white space. */
const withoutComment = (value: string): string => value.replace(/#.*$/s, '').replace(/(?<=.)\s.*$/s, '')

function decodeUser(user: string): string | undefined {
  try {
    return decodeURIComponent(user.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}
