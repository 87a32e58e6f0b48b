import type { Found, Reading } from '../core/check.ts'
import { Unseen } from './checks/look.ts'
import { fileReading, notThere } from './file-reading.ts'
import { textIn } from './host-check.ts'
import { isReadOnly, type Mount, mounts } from './proc/mounts.ts'
import { statReading } from './stat-reading.ts'

// What file systems hold. `stat -f` asks each of them by itself, where df of busybox looks at all others on its way; those behind a
// network, which may hang, are asked last, at the same time and for two seconds.

/** Made by the kernel, or images that are always full. */
const virtual =
  'autofs|binfmt_misc|bpf|cgroup|cgroup2|configfs|debugfs|devpts|devtmpfs|efivarfs|fusectl|hugetlbfs|iso9660|mqueue|nsfs|proc|pstore|' +
  'ramfs|rootfs|rpc_pipefs|securityfs|selinuxfs|squashfs|erofs|sysfs|tracefs|udf|fuse.lxcfs|fuse.gvfsd-fuse|fuse.portal|fuse.snapfuse'

/** Behind a network, or answered by some program. */
const remote = 'nfs|nfs3|nfs4|cifs|smb3|smbfs|9p|ceph|fuse|fuse.*|glusterfs|afs|lustre|beegfs|gpfs|davfs|ncpfs'

const format = '%S %b %f %a %c %d %n'

/** Prints a line for each: the block size, blocks, free ones, those that users can have, inodes, free ones, the path. */
const statAll = (kind: 'local' | 'remote'): string =>
  'while read -r id up dev root point options rest; do type=${rest#*- }; type=${type%% *}; ' +
  `case $type in ${virtual}) continue;; ${remote}) kind=remote;; ` +
  // Those of the system can fill up; others belong to containers and sessions.
  'overlay) [ "$point" = / ] || continue; kind=local;; tmpfs) case $point in /|/tmp|/run) kind=local;; *) continue;; esac;; *) kind=local;; esac; ' +
  `[ $kind = ${kind} ] || continue; case $point in *"\\0"*|*"\\134"*) point=$(printf %b "$point");; esac; set -- "$@" "$point"; ` +
  'done </proc/self/mountinfo || exit 1; '

const map = fileReading('/proc/self/mountinfo')

const local: Reading = {
  does: 'ask the file systems',
  script: `${statAll('local')}[ $# = 0 ] || stat -f -c "${format}" -- "$@"; :`,
  mayHang: true,
}

const behindNetwork: Reading = {
  does: 'ask the file systems of the network',
  script: `${statAll('remote')}for point do limit 2 stat -f -c "${format}" -- "$point" & done; wait`,
  mayHang: true,
}

const ofPath = (path: string): Reading => statReading(path, { does: `ask the file system of ${path}`, option: '-f', format })

export interface FileSystem {
  /** Where it is mounted, or the path that was asked for. */
  readonly point: string
  readonly type?: string
  readonly totalBytes: number
  /** Also what only root can have. */
  readonly freeBytes: number
  readonly availableBytes: number
  /** Of what users can have, rounded up by nobody: what df shows. */
  readonly usedPercent: number
  /** 0 where the file system makes them as it needs them. */
  readonly inodes: number
  readonly freeInodes: number
}

export const fileSystemReadings = (path?: string): readonly Reading[] =>
  path === undefined ? [map, local, behindNetwork] : [ofPath(path)]

export interface FileSystems {
  readonly all: readonly FileSystem[]
  /** Those that did not answer. */
  readonly silent: readonly string[]
}

/** Every file system once that can be written to, or that of a path; undefined when the path is not there. @throws Unseen */
export function fileSystemsIn(found: Found, path?: string): FileSystems | undefined {
  if (path !== undefined) {
    const one = ofPath(path)
    if (found(one).code === notThere) return undefined
    const [only] = figures(textIn(found, one))
    if (!only) throw new Unseen(`could not ${one.does}: stat printed something else`)
    return { all: [only], silent: [] }
  }
  const mounted = new Map(mounts(textIn(found, map)).map(mount => [mount.point, mount]))
  const answers = figures(textIn(found, local) + found(behindNetwork).stdout.toString())
  const answered = new Set(answers.map(({ point }) => point))
  const silent = [...mounted.values()]
    .filter(({ type, point }) => isRemote(type) && !answered.has(point))
    .map(({ point }) => point)
  return { all: once(answers, mounted), silent }
}

function figures(printed: string): FileSystem[] {
  return printed.split(/\n(?=[\d ]+ \/|$)/).flatMap(line => {
    const [, numbers = '', point = ''] = /^((?:\d+ ){6})(\/.*)$/s.exec(line) ?? []
    const [size = 0, blocks = 0, free = 0, available = 0, inodes = 0, freeInodes = 0] = numbers.trim().split(' ').map(Number)
    if (point === '' || blocks === 0) return []
    const used = blocks - free
    const usedPercent = used + available === 0 ? 100 : (100 * used) / (used + available)
    return [
      {
        point,
        totalBytes: blocks * size,
        freeBytes: free * size,
        availableBytes: available * size,
        usedPercent,
        inodes,
        freeInodes,
      },
    ]
  })
}

/** One that is mounted in several places is known by the shortest of them. */
function once(answers: readonly FileSystem[], mounted: ReadonlyMap<string, Mount>): FileSystem[] {
  const byDevice = new Map<string, FileSystem>()
  for (const answer of answers) {
    const mount = mounted.get(answer.point)
    if (!mount || isReadOnly(mount)) continue
    // Subvolumes of one btrfs have a number each, but share what is free.
    const key = mount.source.startsWith('/') ? `${mount.type} ${mount.source}` : mount.device
    const known = byDevice.get(key)
    if (!known || answer.point.length < known.point.length) byDevice.set(key, { ...answer, type: mount.type })
  }
  return [...byDevice.values()]
}

const remoteTypes = new Set(remote.split('|'))
const virtualTypes = new Set(virtual.split('|'))
/** Behind a network, or answered by some program. */
export const isRemote = (type: string): boolean => !virtualTypes.has(type) && (remoteTypes.has(type) || type.startsWith('fuse.'))
