import type { Reading } from '../core/check.ts'
import { type HostScript, hostScript, splitFields } from '../transport/host-script.ts'

// Many readings as one script. What a reading prints stands before a frame that nobody on the host can have written into a file before:
//
//     STDOUT \0 KEY \0 STATUS \0 BEGUN \0 ENDED \0 STDERR \0
//
// KEY is a UUID that the kernel of the host makes for this run; BEGUN and ENDED are the uptimes around the reading,
// seconds. The last frame has the status `end`. Everything before the first reading is `KEY \0`.

/** What every reading may use: `limit SECONDS PROGRAM …` ends a program that takes longer (status 137, or 124). */
const prelude = [
  'LC_ALL=C; export LC_ALL; PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin; key=; up=; said=;',
  '{ read -r key </proc/sys/kernel/random/uuid; } 2>/dev/null; key=${key:-$$}; printf "%s\\0" "$key"; exec 3>&1 </dev/null;',
  'now() { { read -r up rest </proc/uptime; } 2>/dev/null; };',
  'told() { code=$?; now; printf "\\0%s\\0%s\\0%s\\0%s\\0%s\\0" "$key" "${1:-$code}" "$at" "$up" "$said"; };',
  // That of an old busybox wants its seconds in another way.
  'limit() { if timeout 1 true 2>/dev/null; then timeout -s KILL "$@"; else shift; "$@"; fi; };',
]

/** Waits until $1 hundredths of a second have passed since $first. A host without fractions of seconds waits a whole one. */
const wait = [
  'now; gone=0; case $first in 0.*) ;; *.??) gone=$((${up%.*}${up#*.} - ${first%.*}${first#*.}));; esac; left=$(($1 - gone));',
  'if [ $left -gt 0 ]; then sleep $((left / 100)).$((left / 10 % 10))$((left % 10)) 2>/dev/null || sleep $((left / 100 + 1)); fi;',
]

export interface ReadingScript {
  readonly script: HostScript
  readonly args: readonly string[]
  /** The readings, in the order in which their frames come; those that are read again come a second time. */
  readonly frames: readonly Reading[]
}

/** One script for these readings, of which no two are the same. */
export function scriptOf(readings: readonly Reading[]): ReadingScript {
  const twice = readings.filter(({ againAfterMs }) => againAfterMs !== undefined)
  const once = readings.filter(({ againAfterMs }) => againAfterMs === undefined)
  const first = [...twice, ...once.filter(({ mayHang }) => !mayHang)]
  const last = once.filter(({ mayHang }) => mayHang)
  const scripts = [...new Set(readings.map(({ script }) => script))]
  const waitMs = Math.max(0, ...twice.map(({ againAfterMs = 0 }) => againAfterMs))
  const args = [String(Math.ceil(waitMs / 10))]
  const calls = new Map<Reading, string>()
  for (const reading of readings) {
    const words = (reading.args ?? []).map(arg => `"\${${args.push(arg)}}"`)
    calls.set(reading, `now; at=$up; said=$(${[`r${scripts.indexOf(reading.script)}`, ...words].join(' ')} 2>&1 >&3 3>&-); told;`)
  }
  const call = (reading: Reading): string => calls.get(reading) ?? ''
  const pieces = scripts.map((script, index) => `r${index}() { ${script}; };`)
  const again = twice.length === 0 ? [] : [...wait, ...twice.map(call)]
  return {
    script: hostScript(
      'read',
      ...prelude,
      ...pieces,
      'now; first=$up;',
      ...first.map(call),
      ...again,
      ...last.map(call),
      'told end',
    ),
    args,
    frames: [...first, ...twice, ...last],
  }
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
