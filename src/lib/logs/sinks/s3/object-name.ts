import { createHash } from 'node:crypto'
import type { Parcel } from '../../../core/sink.ts'

interface Naming {
  readonly prefix: string
  readonly compression: 'none' | 'gzip' | 'zstd'
  /** Milliseconds since 1970. */
  readonly now: number
}

const endings = { none: '', gzip: '.gz', zstd: '.zst' }

/** Of the same parcels on the same day the same, so that an object that is sent again replaces itself. */
export function objectName(parcels: readonly Parcel[], { prefix, compression, now }: Naming): string {
  const [date = '', time = ''] = new Date(now).toISOString().split('T')
  const [year = '', month = '', day = ''] = date.split('-')
  const begin = prefix.replaceAll('%Y', year).replaceAll('%m', month).replaceAll('%d', day).replaceAll('%H', time.slice(0, 2))
  const name = createHash('sha256')
    .update(parcels.map(({ id }) => id).join('\n'))
    .digest('hex')
  return `${begin}${name.slice(0, 32)}.ndjson${endings[compression]}`
}

/** Whether an object may have been named here. */
export const isObjectName = (name: string): boolean => /(?:^|\/|[^0-9a-f])[0-9a-f]{32}\.ndjson(?:\.gz|\.zst)?$/.test(name)
