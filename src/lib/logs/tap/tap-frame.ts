import type { ByteQueue } from '../../net/byte-queue.ts'

/** What a pipeline tells who taps it: a line of JSON each, behind which `bytes` of records follow. */
export type TapFrame =
  | {
      readonly kind: 'records'
      readonly source: string
      readonly stream: string
      /** Lines of JSON; at the stage `read` the lines as they were read. */
      readonly bytes: number
    }
  /** Records that are not shown: because whoever taps reads too slowly, and because of the rate. */
  | { readonly kind: 'missed'; readonly slow: number; readonly rate: number }
  /** The wish is understood, and what passes from now on is shown. */
  | { readonly kind: 'begun' }
  /** It can not be done. */
  | { readonly kind: 'refused'; readonly problem: string; readonly hint?: string }
  /** Nothing more comes, since the pipeline ends. */
  | { readonly kind: 'ended' }

const newline = 10

export const frameBytes = (frame: TapFrame, records: Uint8Array = noRecords): Buffer =>
  Buffer.concat([Buffer.from(`${JSON.stringify(frame)}\n`), records])

const noRecords = new Uint8Array(0)

/** Takes the next frame out of what has come, with its records; undefined where it is not all there yet. */
export function takeFrame(queue: ByteQueue): { readonly frame: TapFrame; readonly records: Buffer } | undefined {
  const end = queue.bytes.indexOf(newline)
  if (end === -1) return undefined
  // What the other side wrote is of this very program.
  const frame = JSON.parse(queue.bytes.toString('utf8', 0, end)) as TapFrame
  const size = frame.kind === 'records' ? frame.bytes : 0
  if (queue.length < end + 1 + size) return undefined
  queue.drop(end + 1)
  return { frame, records: queue.take(size) }
}
