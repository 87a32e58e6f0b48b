/** What carries the bytes of an SSH connection: a socket, a channel through a jump host, a ProxyCommand. */
export interface Wire {
  /** Called once, before anything is written. */
  listen(events: WireEvents): void
  write(bytes: Uint8Array): void
  /** Sends what was written, then closes. */
  end(): void
  /** Closes at once. */
  destroy(): void
}

export interface WireEvents {
  data(bytes: Uint8Array): void
  /** Once, when nothing more will come; with an error unless the other side closed in order. */
  closed(error?: Error): void
}
