import { OpsError } from '../core/errors.ts'

/** A host as people write it at a prompt. */
export interface Address {
  readonly host: string
  readonly user?: string
  readonly port?: number
}

const hostShape = /^[\p{L}\p{N}_](?:[\p{L}\p{N}_.-]*[\p{L}\p{N}_.])?$/u
const ipv6Shape = /^[0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.]*(?:%[\w.-]+)?$/i

/**
 * `[user@]host[:port]`, `[user@][v6]:port`, a bare IPv6 address, or any of them after `ssh://`.
 * @throws OpsError E_NODE_SET for anything else: the text may end in a command line, so a leading dash or a blank never passes
 */
export function parseAddress(word: string): Address {
  const text = word.replace(/^ssh:\/\//, '')
  const at = text.lastIndexOf('@')
  const { host, port } = splitPort(text.slice(at + 1))
  if (!hostShape.test(host) && !ipv6Shape.test(host)) throw bad(word, `'${word}' is not a host`)
  if (port !== undefined && (port < 1 || port > 65_535)) throw bad(word, `${port} of '${word}' is not a port`)
  const user = at === -1 ? undefined : text.slice(0, at)
  if (user !== undefined && !/^[^\s:/-][^\s:/]*$/.test(user)) throw bad(word, `'${user}' of '${word}' is not a user name`)
  return { host, ...(user === undefined ? {} : { user }), ...(port === undefined ? {} : { port }) }
}

/** The shortest way to write an address: its name as an ad hoc host. */
export function formatAddress({ host, user, port }: Address): string {
  const place = port === undefined ? host : `${host.includes(':') ? `[${host}]` : host}:${port}`
  return user === undefined ? place : `${user}@${place}`
}

function splitPort(text: string): { host: string; port?: number } {
  const [, host, digits] = /^\[([^\]]*)\](?::(\d+))?$/.exec(text) ?? /^([^:]*):(\d+)$/.exec(text) ?? []
  if (host === undefined) return { host: text }
  return digits === undefined ? { host } : { host, port: Number(digits) }
}

const bad = (word: string, problem: string): OpsError =>
  new OpsError('E_NODE_SET', problem, {
    hint: 'write host, user@host:port, [2001:db8::1]:port or ssh://user@host:port',
    data: { word },
  })
