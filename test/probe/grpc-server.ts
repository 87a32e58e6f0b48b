import {
  createSecureServer,
  createServer,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { WebTls } from './web-server.ts'

/** What is said to a call: a message and a code, or something that is no gRPC. */
export interface GrpcReply {
  readonly headers?: OutgoingHttpHeaders
  readonly body?: Uint8Array
  /** Sent after the body; without one, together with the headers (Trailers-Only). */
  readonly trailers?: OutgoingHttpHeaders
}

export interface GrpcCall {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly message: Buffer
}

export interface GrpcServer extends AsyncDisposable {
  readonly port: number
  readonly calls: readonly GrpcCall[]
}

/** Serves as https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md has it, on 127.0.0.1; undefined is no answer at all. */
export async function grpcServer(reply: (call: GrpcCall) => GrpcReply | undefined, tls?: WebTls): Promise<GrpcServer> {
  const calls: GrpcCall[] = []
  const sessions = new Set<ServerHttp2Session>()
  const server = tls ? createSecureServer({ ...tls, allowHTTP1: false }) : createServer()
  server.on('session', session => {
    sessions.add(session)
    session.on('error', () => undefined)
  })
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    const pieces: Buffer[] = []
    stream.on('error', () => undefined)
    stream.on('data', (piece: Buffer) => pieces.push(piece))
    stream.on('end', () => {
      const call = { path: String(headers[':path']), headers, message: Buffer.concat(pieces) }
      calls.push(call)
      const said = reply(call)
      if (said === undefined) return
      const { headers: own = {}, body, trailers = {} } = said
      const head = { ':status': 200, 'content-type': 'application/grpc', ...own }
      if (body === undefined) {
        stream.respond({ ...head, ...trailers }, { endStream: true })
        return
      }
      stream.respond(head, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers(trailers))
      stream.end(body)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', () => resolve()))
  return {
    port: (server.address() as AddressInfo).port,
    calls,
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy()
      server.close()
    },
  }
}

/** A message before which its length stands. */
export const framedReply = (message: readonly number[]): Buffer => Buffer.from([0, 0, 0, 0, message.length, ...message])

/** The health service of a server with these services; the empty name is the server as a whole. */
export const healthReplies =
  (services: Readonly<Record<string, number>>) =>
  ({ path, message }: GrpcCall): GrpcReply => {
    if (path !== '/grpc.health.v1.Health/Check') {
      return { trailers: { 'grpc-status': '12', 'grpc-message': `unknown service ${path.split('/')[1]}` } }
    }
    const status = services[message.subarray(7).toString()]
    if (status === undefined) return { trailers: { 'grpc-status': '5', 'grpc-message': 'unknown service' } }
    return { body: framedReply([0x08, status]), trailers: { 'grpc-status': '0', 'grpc-message': '' } }
  }
