import type { Found, Reading } from '../../core/check.ts'
import { textIn } from '../host-check.ts'
import { Unseen } from './look.ts'

export interface HostProcess {
  readonly pid: number
  /** As the kernel knows it, 15 bytes at most for a program. */
  readonly command: string
  /** The command line, words joined by blanks. */
  readonly args: string
}

// What is looked for is no part of the script, so that the script is not found itself. A ps that does not know the width is busybox's.
export const processesReading: Reading = {
  does: 'list the commands that run',
  script:
    'if command -v ps >/dev/null; then ps -ww -eo pid,stat,comm:64,args 2>/dev/null || ps -o pid,stat,comm,args || exit 1; ' +
    'else printf "PID STAT %-64s COMMAND\\n" COMMAND; for at in /proc/[0-9]*; do { read -r stat <"$at/stat"; } 2>/dev/null || continue; ' +
    'name=${stat#*"("}; name=${name%")"*}; state=${stat##*") "}; ' +
    'printf "%s %s %-64s %s\\n" "${at##*/}" "${state%% *}" "$name" "$(tr "\\0" " " 2>/dev/null <"$at/cmdline")"; done; fi',
}

/** All processes of the host but those that have ended, and but this look itself. @throws Unseen */
export function processesIn(found: Found): HostProcess[] {
  const [head = '', ...lines] = textIn(found, processesReading).split('\n')
  const widths = /^\s*PID\s+STAT\s+(COMMAND\s+)(?:COMMAND|CMD)\s*$/.exec(head)
  if (!widths?.[1]) throw new Unseen(`could not ${processesReading.does}: ps answered something else`)
  const width = widths[1].length
  return lines.flatMap(line => parseLine(line, width) ?? []).filter(({ args }) => !args.includes('\\0opsctl\\0'))
}

/** `PID STAT COMMAND ARGS`: a command can hold blanks, and has a column of its own. */
function parseLine(line: string, width: number): HostProcess | undefined {
  const [, pid, stat = 'Z', rest = ''] = /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? []
  return stat.startsWith('Z')
    ? undefined
    : { pid: Number(pid), command: rest.slice(0, width).trimEnd(), args: rest.slice(width).trim() }
}
