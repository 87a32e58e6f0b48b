import 'dns-packet'
import type { Answer } from 'dns-packet'

/** The part of dns-packet 5.6.1 for single records, which its types leave out. The version is pinned; the tests would tell of a change. */
declare module 'dns-packet' {
  export const answer: {
    /** @throws Error, of any kind, for what is no record */
    decode: {
      (bytes: Buffer, offset: number): Answer
      /** How many bytes the last record took. */
      bytes: number
    }
  }
}
