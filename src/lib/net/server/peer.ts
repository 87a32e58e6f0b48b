import type { Connection } from './connections.ts'
import type { ClientCertificate } from './server-request.ts'

/** The other end of a connection. */
export interface Peer {
  readonly connection: Connection
  /** An address, or `unix`. */
  readonly remote: string
  /** Over a socket in the file system that is ours. */
  readonly isLocalSocket: boolean
  readonly isSecure: boolean
  readonly client?: ClientCertificate
}
