import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'

/** A page, or what makes one of a request. */
export type Page = {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly body?: string | Uint8Array
}
export type Site = Page | ((request: Asked) => Page | undefined)

export interface Asked {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export interface WebServer extends AsyncDisposable {
  readonly port: number
  /** Every request so far. */
  readonly requests: readonly Asked[]
}

export interface WebTls {
  readonly cert: string
  readonly key: string
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3'
  readonly maxVersion?: 'TLSv1.2' | 'TLSv1.3'
  /** Authorities of clients, who must show a certificate. */
  readonly clientCa?: string
}

/** A web server of the runtime on 127.0.0.1. */
export async function webServer(site: Site, tls?: WebTls): Promise<WebServer> {
  const requests: Asked[] = []
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    const pieces: Buffer[] = []
    request.on('data', piece => pieces.push(piece))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const asked = { method, path: url, headers, body: Buffer.concat(pieces).toString() }
      requests.push(asked)
      const page = typeof site === 'function' ? site(asked) : site
      if (page === undefined) return
      const { status = 200, headers: given = {}, body = '' } = page
      response.writeHead(status, { ...given })
      response.end(body)
    })
  }
  const { clientCa, ...secure } = tls ?? {}
  const options = { ...secure, ...(clientCa !== undefined && { ca: clientCa, requestCert: true, rejectUnauthorized: true }) }
  const server = tls ? createSecureServer(options, serve) : createServer(serve)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}
