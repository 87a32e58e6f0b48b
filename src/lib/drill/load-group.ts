import { z } from 'zod'
import type { StepPlace } from '../core/plan.ts'
import { runScript } from '../plan/steps/on-host.ts'
import { allFields, hostScript } from '../transport/host-script.ts'

// The cgroup of a load: a child of the topmost one that the host shows, of its own, beside those of the services. Only processes that the
// fault starts are ever in it, and nothing of the other cgroups is written. See cgroups(7), and cgroup-v2 and sched-bwc of the kernel's documentation.

/** Where the cgroup of a load may be: a directory, and whether processor time can be measured out there. */
export const GroupPlace = z.object({ directory: z.string(), limits: z.boolean() })
export type GroupPlace = z.output<typeof GroupPlace>

/** A second cgroup2 without processors, as beside version 1, serves to end the load at once, and for no more. */
const find = hostScript(
  'look for a cgroup',
  'v2= v1= plain= why="none is mounted";',
  'while read -r source at type options rest; do case $type-,$options, in cgroup2-*|cgroup-*,cpu,*) ;; *) continue;; esac;',
  '[ -e "$at/cgroup.procs" ] || continue;',
  'if [ -w "$at" ] && [ -w "$at/cgroup.procs" ]; then :; else why="$at may not be written"; continue; fi;',
  'if [ "$type" = cgroup ]; then v1=$at; continue; fi;',
  'read -r has <"$at/cgroup.subtree_control"; case " $has " in *" cpu "*) v2=$at;; *) plain=$at;; esac; done </proc/mounts;',
  'printf "%s\\0" "${v2:-$v1}" "$plain" "$why"',
)

/** The place on a host, or why there is none. @throws StepError, TransportError */
export async function groupPlace(place: StepPlace): Promise<GroupPlace | { readonly why: string }> {
  const [withLimits = '', plain = '', why = ''] = allFields(await runScript(place, find, { args: [] }))
  if (withLimits !== '') return { directory: withLimits, limits: true }
  return plain === '' ? { why } : { directory: plain, limits: false }
}

/** Time in which a quota is counted, microseconds. */
export const periodUs = 100_000

/** Shell function: makes the cgroup $1, in which processes get at most $2 microseconds of each period, and $3 as weight; both may be empty. */
export const makeGroupFunction =
  'make() { mkdir "$1" || return 1; if [ -n "$2" ]; then if [ -e "$1/cpu.max" ]; then ' +
  `echo "$2 ${periodUs}" >"$1/cpu.max"; else echo ${periodUs} >"$1/cpu.cfs_period_us" && echo "$2" >"$1/cpu.cfs_quota_us"; fi || return 1; fi; ` +
  'if [ -n "$3" ]; then if [ -e "$1/cpu.weight" ]; then echo "$3" >"$1/cpu.weight"; else echo $(($3 * 1024 / 100)) >"$1/cpu.shares"; fi || return 1; fi; };'

/** Prints the numbers of the processes in the cgroup $1; nothing where there is none. */
export const listGroup = hostScript('look into the cgroup', 'if [ -d "$1" ]; then cat "$1/cgroup.procs"; fi')

/** Tells whether the cgroup $1 is there. */
export const seeGroup = hostScript('look for the cgroup', 'if [ -d "$1" ]; then echo there; fi')

/** Ends everything in the cgroup $1 and removes it. 0 is a process that this host does not see, and would be all of ours. */
export const endGroup = hostScript(
  'remove the cgroup',
  'tries=0; while [ -d "$1" ]; do if [ -e "$1/cgroup.kill" ]; then echo 1 >"$1/cgroup.kill";',
  'else for pid in $(cat "$1/cgroup.procs"); do if [ "$pid" -gt 0 ]; then kill -KILL "$pid" 2>/dev/null; fi; done; fi;',
  'if rmdir "$1" 2>/dev/null; then break; fi;',
  'tries=$((tries + 1)); [ $tries -lt 50 ] || { echo "it is not empty" >&2; exit 1; }; sleep 0.1 2>/dev/null || sleep 1; done; :',
)
