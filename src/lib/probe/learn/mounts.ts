import { fileReading } from '../file-reading.ts'
import { type FileSystem, fileSystemReadings, fileSystemsIn, isRemote } from '../file-systems.ts'
import { textIn } from '../host-check.ts'
import { rounded } from '../limits.ts'
import { type Mount, mounts as mountsOf } from '../proc/mounts.ts'
import type { Learned, Lesson } from './lesson.ts'

const map = fileReading('/proc/self/mountinfo')

/** File systems that can be written to, but those in memory. */
export const mounts: Lesson = {
  title: 'File systems',
  readings: [map, ...fileSystemReadings()],
  learn(found) {
    const { all, silent } = fileSystemsIn(found) ?? { all: [], silent: [] }
    const byPoint = new Map(mountsOf(textIn(found, map)).map(mount => [mount.point, mount]))
    const checks = all
      .filter(({ type, point }) => type !== 'tmpfs' && /^\/([^\0\n]*[^/\0\n])?$/.test(point))
      .sort((one, other) => (one.point < other.point ? -1 : 1))
      .flatMap(one => checksOf(one, byPoint.get(one.point)))
    return { checks, leftOut: silent.map(point => `file system ${point}: it did not answer`) }
  },
}

function checksOf(one: FileSystem, mount: Mount | undefined): Learned[] {
  const { point, usedPercent, inodes, freeInodes } = one
  const usedInodes = inodes === 0 ? 0 : (100 * (inodes - freeInodes)) / inodes
  return [
    {
      type: 'mount',
      params: {
        path: point,
        // Names of disks may change with a boot; those of exports do not.
        ...(mount && isRemote(mount.type) && { source: mount.source }),
      },
      why: 'is mounted, and can be written to',
    },
    { type: 'disk', params: { path: point, ...limitsAbove(usedPercent) }, why: filled(usedPercent, 'used') },
    ...(inodes === 0
      ? []
      : [
          {
            type: 'inodes',
            params: { path: point, ...limitsAbove(usedInodes) },
            why: filled(usedInodes, 'of its inodes used'),
          },
        ]),
  ]
}

const usual = { warn: 90, fail: 95 }

/** The usual limits where they leave room, else ones that do. */
function limitsAbove(percent: number): { readonly warn: string; readonly fail: string } {
  if (percent < usual.warn - 2) return { warn: `${usual.warn}%`, fail: `${usual.fail}%` }
  const left = 100 - percent
  return { warn: `${rounded(percent + left / 3)}%`, fail: `${rounded(percent + (2 * left) / 3)}%` }
}

const filled = (percent: number, what: string): string =>
  `${Math.round(percent)} % ${what}${percent < usual.warn - 2 ? '' : ', hence limits above the usual ones'}`
