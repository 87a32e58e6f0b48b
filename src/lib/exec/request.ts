import type { Command } from '../core/transport.ts'

/** What `opsctl exec` runs on every host, and what becomes of the output. */
export interface ExecRequest {
  readonly command: Command
  /** How the command reads in reports. */
  readonly title: string
  readonly timeoutMs: number
  readonly idleTimeoutMs: number
  /** Of stdout and stderr of one host together; more ends the command. */
  readonly maxOutputBytes: number
  readonly env: Readonly<Record<string, string>>
  /** The same bytes for every host. */
  readonly stdin?: () => AsyncIterable<Uint8Array>
  /** The command may run twice without harm: it is tried again when the connection breaks under it. */
  readonly idempotent: boolean
  readonly view: 'prefix' | 'plain' | 'collate' | 'none'
  /** Output is read again at the end: for the collated view and for every format but human. */
  readonly store: boolean
  /** Blocks of the collated view as differences from the largest one. */
  readonly diff: boolean
  /** Directory for a file a host. */
  readonly outputDir?: string
}
