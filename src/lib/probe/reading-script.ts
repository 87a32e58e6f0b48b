import type { Reading } from '../core/check.ts'
import { type HostScript, hostScript, splitFields } from '../transport/host-script.ts'
import { isKernelFile, readKernelFiles } from './file-reading.ts'

// Many readings as one script. What a reading prints stands before a frame that nobody on the host can have written into a file before:
//
//     STDOUT \0 KEY \0 STATUS \0 BEGUN \0 ENDED \0 STDERR \0
//
// KEY is a UUID that the kernel of the host makes for this run; BEGUN and ENDED are the uptimes around the reading,
// seconds. The last frame has the status `end`. Everything before the first reading is `KEY \0`.

/** What every reading may use: `limit SECONDS PROGRAM …` ends a program that takes longer (status 137, or 124). */
const prelude = [
  // Words and figures are those that are known; names keep their letters.
  'LC_CTYPE=${LC_ALL:-${LC_CTYPE:-$LANG}}; LC_MESSAGES=C; LC_NUMERIC=C; LC_TIME=C; export LC_CTYPE LC_MESSAGES LC_NUMERIC LC_TIME; unset LC_ALL;',
  'PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin; key=; up=; said=;',
  '{ read -r key </proc/sys/kernel/random/uuid; } 2>/dev/null; key=${key:-$$}; printf "%s\\0" "$key"; exec 3>&1 </dev/null;',
  'now() { { read -r up rest </proc/uptime; } 2>/dev/null; };',
  'told() { code=$?; now; printf "\\0%s\\0%s\\0%s\\0%s\\0%s\\0" "$key" "${1:-$code}" "$at" "$up" "$said"; };',
]

/** That of an old busybox wants its seconds in another way. */
const limit = [
  'if timeout 1 true 2>/dev/null; then limited=yes; else limited=; fi;',
  'limit() { if [ -n "$limited" ]; then timeout -s KILL "$@"; else shift; "$@"; fi; };',
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
  const twice = framesOf(readings.filter(({ againAfterMs }) => againAfterMs !== undefined))
  const once = readings.filter(({ againAfterMs }) => againAfterMs === undefined)
  const first = [...twice, ...framesOf(once.filter(({ mayHang }) => !mayHang))]
  const last = framesOf(once.filter(({ mayHang }) => mayHang))
  const scripts = [...new Set(readings.filter(reading => !isKernelFile(reading)).map(({ script }) => script))]
  const waitMs = Math.max(0, ...readings.map(({ againAfterMs = 0 }) => againAfterMs))
  const args = [String(Math.ceil(waitMs / 10))]
  const calls = new Map<readonly Reading[], string>()
  for (const frame of [...first, ...last]) calls.set(frame, callOf(frame, { scripts, args }))
  const call = (frame: readonly Reading[]): string => calls.get(frame) ?? ''
  const again = twice.length === 0 ? [] : [...wait, ...twice.map(call)]
  const lines = [
    ...prelude,
    ...(scripts.some(script => script.includes('limit ')) ? limit : []),
    ...scripts.map((script, index) => `r${index}() { ${script}; };`),
    ...['now; first=$up;', ...first.map(call), ...again, ...last.map(call), 'told end'],
  ]
  return { script: hostScript('read', ...lines), args, frames: [...first, ...twice, ...last] }
}

/** All files of the kernel are read at once. */
function framesOf(readings: readonly Reading[]): (readonly Reading[])[] {
  const files = readings.filter(isKernelFile)
  return [...(files.length > 0 ? [files] : []), ...readings.filter(reading => !isKernelFile(reading)).map(reading => [reading])]
}

/** Shell: does the readings of a frame, and tells how it went. Their arguments are added to those of the script. */
function callOf(
  frame: readonly Reading[],
  { scripts, args }: { readonly scripts: readonly string[]; readonly args: string[] },
): string {
  const words = frame.flatMap(reading => reading.args ?? []).map(arg => `"\${${args.push(arg)}}"`)
  const [first] = frame
  const does =
    first === undefined || isKernelFile(first)
      ? readKernelFiles(words)
      : [`r${scripts.indexOf(first.script)}`, ...words].join(' ')
  return `now; at=$up; said=$(${does} 2>&1 >&3 3>&-); told;`
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
