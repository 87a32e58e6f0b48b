import type { CheckPlace } from '../core/check.ts'
import { readTlsFiles } from './tls-files.ts'

/** Files that are renewed while a daemon runs are as new as this, milliseconds. */
const freshMs = 1000

type Wanted = Parameters<typeof readTlsFiles>[0]
type Files = ReturnType<typeof readTlsFiles>

/** What many checks read, such as a file of authorities, is read once a second at most. */
class RecentTlsFiles {
  readonly #read = new Map<string, { readonly files: Files; readonly until: number }>()

  /** `now` is of the monotonic clock. */
  files(wanted: Wanted, now: number): Files {
    const { ca, crl, cert, key } = wanted
    const name = JSON.stringify([ca, crl, cert, key])
    const known = this.#read.get(name)
    if (known && known.until > now) return known.files
    const files = readTlsFiles(wanted)
    this.#read.set(name, { files, until: now + freshMs })
    return files
  }
}

const recent = (): RecentTlsFiles => new RecentTlsFiles()

/** The files of a check as they were a second ago at most. @throws NetError `unreadable` */
export const recentTlsFiles = ({ shared, clock }: CheckPlace, wanted: Wanted): Files =>
  shared ? shared.of(recent).files(wanted, clock.monotonic()) : readTlsFiles(wanted)
