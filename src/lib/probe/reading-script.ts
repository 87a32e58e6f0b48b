import type { Reading } from '../core/check.ts'
import { type HostScript, hostScript, splitFields } from '../transport/host-script.ts'
import { isKernelFile, readKernelFiles } from './file-reading.ts'

// Many readings as one script. What a reading prints stands before a frame that nobody on the host can have written into a file before:
//
//     STDOUT \0 KEY \0 STATUS \0 BEGUN \0 ENDED \0 STDERR \0
//
// KEY is a UUID that the kernel of the host makes for this run; BEGUN and ENDED are the uptimes around the reading,
// seconds. The last frame has the status `end`. Everything before the first reading is `KEY \0`.

/**
 * What every reading may use: `limit SECONDS PROGRAM …` ends a program that takes longer (status 137, or 124), `$nl` is a line end.
 * Those that run in this shell leave alone `key`, `up`, `at`, `first`, `limited`, and set `said` for their complaint.
 */
const prelude = [
  // Words and figures are those that are known; names keep their letters.
  'LC_CTYPE=${LC_ALL:-${LC_CTYPE:-$LANG}}; LC_MESSAGES=C; LC_NUMERIC=C; LC_TIME=C; export LC_CTYPE LC_MESSAGES LC_NUMERIC LC_TIME; unset LC_ALL;',
  'PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin; nl=${IFS#??}; key=; up=; said=;',
  '{ read -r key </proc/sys/kernel/random/uuid; } 2>/dev/null; key=${key:-$$}; printf "%s\\0" "$key"; exec 3>&1 </dev/null;',
  'now() { { read -r up rest </proc/uptime; } 2>/dev/null; };',
  'told() { code=$?; now; printf "\\0%s\\0%s\\0%s\\0%s\\0%s\\0" "$key" "${1:-$code}" "$at" "$up" "$said"; at=$up; said=; };',
]

/** That of busybox leaves a watch behind, which may not hold the output open; an old one takes the seconds for a program that is not there. */
const limit = [
  'limited=yes; command -v timeout >/dev/null || limited=;',
  'limit() { if [ -n "$limited" ]; then timeout -s KILL "$@" 3>&-; code=$?;',
  'if [ $code -lt 127 ] || [ $code -gt 127 ] || timeout 1 true 2>/dev/null; then return $code; fi; limited=; fi; shift; "$@"; };',
]

/** Waits until $1 hundredths of a second have passed since $first. A host without fractions of seconds waits a whole one. */
const wait = [
  'now; gone=0; case $first in 0.*) ;; *.??) gone=$((${up%.*}${up#*.} - ${first%.*}${first#*.}));; esac; left=$(($1 - gone));',
  'if [ $left -gt 0 ]; then sleep $((left / 100)).$((left / 10 % 10))$((left % 10)) 2>/dev/null || sleep $((left / 100 + 1)); fi;',
]

export interface ReadingScript {
  readonly script: HostScript
  readonly args: readonly string[]
  /** The readings of each frame, in the order in which they come; those that are read again come a second time. */
  readonly frames: readonly (readonly Reading[])[]
}

/** One script for these readings, of which no two are the same. */
export function scriptOf(readings: readonly Reading[]): ReadingScript {
  const twice = groupsOf(readings.filter(({ againAfterMs }) => againAfterMs !== undefined))
  const once = readings.filter(({ againAfterMs }) => againAfterMs === undefined)
  const first = [...twice, ...groupsOf(once.filter(({ mayHang }) => !mayHang))]
  const last = groupsOf(once.filter(({ mayHang }) => mayHang))
  const scripts = [...new Set(readings.filter(reading => !isKernelFile(reading)).map(({ script }) => script))]
  const waitMs = Math.max(0, ...readings.map(({ againAfterMs = 0 }) => againAfterMs))
  const args = [String(Math.ceil(waitMs / 10))]
  const calls = new Map<Group, string>()
  for (const group of [...first, ...last]) calls.set(group, callOf(group, { scripts, args }))
  const call = (group: Group): string => calls.get(group) ?? ''
  const again = twice.length === 0 ? [] : [...wait, 'now; at=$up;', ...twice.map(call)]
  const lines = [
    ...prelude,
    ...(scripts.some(script => script.includes('limit ')) ? limit : []),
    ...scripts.map((script, index) => `r${index}() { ${script}; };`),
    ...['now; first=$up; at=$up;', ...first.map(call), ...again, ...last.map(call), 'told end'],
  ]
  return { script: hostScript('read', ...lines), args, frames: [...first, ...twice, ...last] }
}

/** What is read in one go: all files of the kernel, all that one script reads together, or one reading. Never empty. */
type Group = readonly Reading[]

function groupsOf(readings: readonly Reading[]): Group[] {
  const groups = Map.groupBy(readings, reading => {
    if (isKernelFile(reading)) return isKernelFile
    return reading.own ? reading.script : reading
  })
  return [...groups.values()].sort(([one], [other]) => Number(isFile(other)) - Number(isFile(one)))
}

const isFile = (reading: Reading | undefined): boolean => reading !== undefined && isKernelFile(reading)

/** Shell: does the readings of a group, and tells how it went. Their arguments are added to those of the script. */
function callOf(group: Group, { scripts, args }: { readonly scripts: readonly string[]; readonly args: string[] }): string {
  const words = group.flatMap(reading => reading.args ?? []).map(arg => `"\${${args.push(arg)}}"`)
  const [first] = group
  const own = [`r${scripts.indexOf(first?.script ?? '')}`, ...words].join(' ')
  if (first?.inline) return `${own}; told;`
  const does = isFile(first) ? readKernelFiles(words) : own
  return `said=$(${does} 2>&1 >&3 3>&-); told;`
}

/** What stood in one frame, and before it. */
export interface Section {
  readonly code: number
  readonly stdout: Buffer
  readonly stderr: string
  /** Seconds since the host started, before and after; NaN where it does not tell. */
  readonly begun: number
  readonly ended: number
}

export interface Sections {
  readonly sections: readonly Section[]
  /** Uptime at the end of all; absent when the end did not come. */
  readonly end?: number
}

/** What the script printed after its mark, as far as it came. */
export function parseSections(printed: Buffer): Sections {
  const sections: Section[] = []
  const keyEnd = printed.indexOf(0)
  if (keyEnd === -1) return { sections }
  const frame = Buffer.concat([Buffer.of(0), printed.subarray(0, keyEnd), Buffer.of(0)])
  let from = keyEnd + 1
  while (true) {
    const at = printed.indexOf(frame, from)
    const head = at === -1 ? undefined : splitFields(printed.subarray(at + frame.length), 4)
    if (head === undefined) return { sections }
    const [code = '', begun = '', ended = '', stderr = ''] = head.fields
    if (code === 'end') return { sections, end: Number.parseFloat(ended) }
    const times = { begun: Number.parseFloat(begun), ended: Number.parseFloat(ended) }
    sections.push({ code: Number(code), stdout: printed.subarray(from, at), stderr, ...times })
    from = printed.length - head.rest.length
  }
}
