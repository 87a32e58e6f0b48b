import type { JournalDisk } from './disk.ts'
import { segmentHeaderBytes } from './segment-header.ts'
import { listSegments } from './segment-list.ts'
import { SegmentScan } from './segment-scan.ts'

/**
 * Whether nothing of a journal has reached the disk: its one segment is shorter than a header, or zeros alone. So a power cut leaves one whose
 * first sync nobody waited for; one that was synced holds its header.
 */
export async function isUnwritten(disk: JournalDisk, directory: string): Promise<boolean> {
  const [segment, ...more] = await listSegments(disk, directory)
  if (segment === undefined || more.length > 0) return segment === undefined
  const { bytes } = await disk.stat(segment.path)
  if (bytes < segmentHeaderBytes) return true
  const file = await disk.open(segment.path, 'read')
  try {
    return (await new SegmentScan(file, 0).endOfData(0)) === 0
  } finally {
    await file.close()
  }
}
