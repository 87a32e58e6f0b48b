import { isIPv4, isIPv6 } from 'node:net'
import { OpsError } from '../../core/errors.ts'

/** Where a server listens. */
export type ListenAddress =
  | { readonly type: 'tcp'; readonly host: string; readonly port: number }
  | { readonly type: 'unix'; readonly path: string }
  /** A socket that listens already, from whoever started us. */
  | { readonly type: 'inherited'; readonly fd: number }

/** @throws OpsError E_USAGE */
export function parseListenAddress(text: string): ListenAddress {
  const [, path] = /^unix:(\/.*)$/s.exec(text) ?? []
  if (path !== undefined) return { type: 'unix', path }
  const [, fd] = /^fd:(\d{1,6})$/.exec(text) ?? []
  if (fd !== undefined) return { type: 'inherited', fd: Number(fd) }
  const [, inBrackets, name, digits = ''] = /^(?:\[([0-9a-f:.]+)\]|([^:[\]\s/@]+)):(\d{1,5})$/i.exec(text) ?? []
  const host = inBrackets ?? name
  const port = Number(digits)
  if (host === undefined || port > 65_535 || (inBrackets !== undefined && !isIPv6(inBrackets))) {
    throw new OpsError('E_USAGE', `'${text}' is no address to listen on`, {
      hint: 'write 127.0.0.1:9115, [::1]:9115 or unix:/run/opsctl.sock',
    })
  }
  return { type: 'tcp', host, port }
}

/** As people write it. */
export function formatAddress(address: ListenAddress): string {
  if (address.type === 'unix') return `unix:${address.path}`
  if (address.type === 'inherited') return `fd:${address.fd}`
  return isIPv6(address.host) ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`
}

/** True where nobody but this machine can connect. */
export function isLoopback(host: string): boolean {
  if (isIPv4(host)) return host.startsWith('127.')
  return host === '::1' || /^::ffff:127\./i.test(host) || /^(.+\.)?localhost\.?$/i.test(host)
}

/**
 * The sockets that systemd opened for us (sd_listen_fds(3)), as addresses to listen on; none where it did not.
 * They begin with descriptor 3.
 */
export function activatedAddresses(env: Readonly<Record<string, string | undefined>>, pid: number): readonly string[] {
  if (env['LISTEN_PID'] !== String(pid)) return []
  const count = Number(env['LISTEN_FDS'])
  return Number.isInteger(count) && count > 0 && count < 1024
    ? Array.from({ length: count }, (_, index) => `fd:${3 + index}`)
    : []
}
