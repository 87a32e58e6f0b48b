import { isDeepStrictEqual } from 'node:util'
import type { CheckPlace } from '../core/check.ts'
import { readTlsFiles } from './tls-files.ts'

/** Files that are renewed while a daemon runs are as new as this, milliseconds. */
const freshMs = 1000

type Wanted = Parameters<typeof readTlsFiles>[0]
type Reading = ReturnType<typeof readTlsFiles>
/** What is in the files of a check. */
export type TlsFileTexts = Awaited<Reading>

/** What many checks read, such as a file of authorities, is read once a second at most. */
class RecentTlsFiles {
  readonly #read = new Map<string, { readonly reading: Reading; readonly until: number }>()

  /** `now` is of the monotonic clock. */
  files(wanted: Wanted, now: number): Reading {
    const { ca, crl, cert, key } = wanted
    const name = JSON.stringify([ca, crl, cert, key])
    const known = this.#read.get(name)
    if (known && known.until > now) return known.reading
    const reading = unchanged(readTlsFiles(wanted), known?.reading)
    this.#read.set(name, { reading, until: now + freshMs })
    return reading
  }
}

/** What was read before, the very object, where the files still hold it: what was made of it holds, too. */
async function unchanged(reading: Reading, before: Reading | undefined): Promise<TlsFileTexts> {
  const texts = await reading
  const known = await before?.catch(() => undefined)
  return isDeepStrictEqual(texts, known) && known ? known : texts
}

const recent = (): RecentTlsFiles => new RecentTlsFiles()

/** The files of a check as they were a second ago at most. @throws NetError `unreadable` */
export const recentTlsFiles = ({ shared, clock }: CheckPlace, wanted: Wanted): Reading =>
  shared ? shared.of(recent).files(wanted, clock.monotonic()) : readTlsFiles(wanted)
