import type { Chunk } from '../core/transport.ts'
import { hostFileName } from '../fleet/work.ts'

/** `web1` and `web1.stderr`. */
export const outputFileName = (host: string, stream: Chunk['stream']): string =>
  hostFileName(host) + (stream === 'stdout' ? '' : '.stderr')
