import { hostScript } from '../transport/host-script.ts'

// Processes that a fault starts have a word `opsctl-KIND-TOKEN` in their command line, by which they are found again. A script that looks
// for it must not have it in its own.

export const markOf = (kind: 'load' | 'proxy', token: string): string => `opsctl-${kind}-${token}`

/** Ends whatever is marked with the kind $1 and the token $2. */
export const stopMarked = hostScript(
  'end the processes of the fault',
  'tries=0; while found=$(printf "opsctl-%s-%s" "$1" "$2" | grep -lsF -f - /proc/[0-9]*/cmdline); [ -n "$found" ]; do',
  'for at in $found; do at=${at#/proc/}; kill -KILL "${at%/cmdline}" 2>/dev/null; done;',
  'tries=$((tries + 1)); [ $tries -lt 50 ] || { echo "it does not end" >&2; exit 1; }; sleep 0.1 2>/dev/null || sleep 1; done; :',
)
