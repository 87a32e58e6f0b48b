import { hostScript } from '../../transport/host-script.ts'

/** Statuses of the script itself, which no ping has. */
export const noPing = 101
export const mayFragment = 102

/**
 * Pings $1 with the program of iputils or busybox: $2 packets, one every $3 seconds, waits $4 seconds for the last answer, with $5 bytes
 * each. The rest may be empty: $6 the version of IP, $7 the time to live, $8 whether routers may not cut packets, $9
 * the address to ping from.
 */
export const pingScript = hostScript(
  'ping',
  `command -v ping >/dev/null || exit ${noPing};`,
  'LC_ALL=C; export LC_ALL; target=$1; family=$6; ttl=$7; whole=$8; from=$9;',
  'set -- -c "$2" -i "$3" -W "$4" -s "$5";',
  'if [ -n "$family" ]; then set -- "$@" "-$family"; fi;',
  'if [ -n "$ttl" ]; then set -- "$@" -t "$ttl"; fi;',
  'if [ -n "$from" ]; then set -- "$@" -I "$from"; fi;',
  // The one of busybox tells numbers anyway.
  `case $(ping --help 2>&1) in *BusyBox*) if [ -n "$whole" ]; then exit ${mayFragment}; fi;;`,
  '*) set -- "$@" -n; if [ -n "$whole" ]; then set -- "$@" -M do; fi;; esac;',
  'exec ping "$@" "$target" </dev/null',
)
