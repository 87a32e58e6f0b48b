import { hostScript } from '../../transport/host-script.ts'

/** Shell function: takes what follows the name in /proc/PID/stat; the born are counted from the boot, so that no two of one PID are the same. */
export const factsFunction = 'facts() { state=$1 group=$3 born=${20}; };'

/** Shell function: true when the guard of $lease is at work; one that is stopped guards nothing. */
export const guardedFunction =
  `${factsFunction} guarded() { read -r guard start rest <"$lease/running" && read -r line <"/proc/$guard/stat" || return 1; facts \${line##*) }; ` +
  'case $born-$state in "$start"-[ZXT]) return 1;; "$start"-*) return 0;; *) return 1;; esac; };'

/** Shell functions: `standing` prints how the lease stands, `prolong` puts its end $ttl hundredths of a second from now. */
const leaseFunctions =
  `${guardedFunction} standing() { if [ -e "$lease/held" ]; then if guarded 2>/dev/null; then printf held; else printf unguarded; fi; ` +
  'elif [ -d "$lease" ]; then printf over; else printf gone; fi; };' +
  // Hundredths with a 1 before them: 08 would be an octal number.
  ' prolong() { read -r up rest </proc/uptime || exit 1; end=$((${up%.*} * 100 + 1${up#*.} - 100 + ttl));' +
  ' printf "%20d %20d\\n" $end $end 1<>"$lease/deadline" || exit 1; };'

/**
 * Makes the directory of a lease, with the name $1, and starts its guard, whose text comes on stdin. $2: hundredths of a second until it
 * is over; $3: seconds that a command may go on after that; $4: seconds that a command of the way back may take. Prints the directory.
 */
export const armScript = hostScript(
  'arm a lease',
  'name=$1 ttl=$2 grace=$3 limit=$4 mask=$(umask) lease=; umask 077;',
  'die() { if [ -n "$lease" ]; then rm -rf -- "$lease"; fi; if [ -n "$1" ]; then echo "$1" >&2; fi; exit 1; };',
  leaseFunctions,
  'read -r up rest </proc/uptime && read -r adjust </proc/self/oom_score_adj || die "it needs /proc";',
  'case $TMPDIR in /*) ;; *) TMPDIR=/tmp;; esac; me=$(id -u) || die;',
  'if [ "$me" = 0 ] && [ -d /run ] && [ -w /run ]; then base=/run/opsctl; else base=$TMPDIR/opsctl-$me; fi;',
  'mkdir -- "$base" 2>/dev/null; if [ -h "$base" ]; then die "$base is a link"; fi;',
  'if [ -d "$base" ] && [ -O "$base" ]; then chmod 700 -- "$base" || die; else die "$base is not a directory of this user"; fi;',
  'mkdir -- "$base/$name" || die; lease=$base/$name; mkdir -- "$lease/way" "$lease/parts" "$lease/busy" || die;',
  'cat >"$lease/guard" && true >"$lease/deadline" && prolong || die;',
  // Room for the log on a file system that is full by then.
  'dd if=/dev/zero of="$lease/spare" bs=4096 count=2 2>/dev/null || die "there is no room in $base";',
  'nap=1 pause=1; if sleep 0.01 2>/dev/null; then pause=0.1; if [ "$ttl" -lt 300 ]; then nap=0.1; fi; fi;',
  // busybox runs nothing where it may not be nice, others complain.
  'calm= polite=; if [ -z "$(nice -n -5 true 2>&1)" ]; then calm="nice -n -5" polite="nice -n 5"; fi;',
  'if command -v setsid >/dev/null; then detach=setsid start=setsid; else detach=- start=nohup; fi;',
  'printf "%s\\n" "$nap $pause $mask $adjust $grace $limit $detach $polite" >"$lease/terms" && true >"$lease/held" || die;',
  '(umask "$mask"; exec $calm $start sh "$lease/guard" "$lease" </dev/null >/dev/null 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-) &',
  'tries=0; until [ -e "$lease/running" ]; do tries=$((tries + 1)); if [ $tries -gt 100 ]; then die "its guard did not start"; fi; sleep $pause; done;',
  'prolong; guarded || die "its guard did not stay"; printf "%s\\0" "$lease"',
)

/**
 * Adds an entry to the way back of the lease $1 and puts its end $2 hundredths of a second from now. $3 is its name, $4 the one of its
 * parts, the others are sizes in bytes: stdin is the entry and then its parts. Prints how the lease stands after that.
 */
export const addScript = hostScript(
  'add the way back to the lease',
  'lease=$1 ttl=$2 name=$3 stage=$1/parts/$4; shift 4; umask 077;',
  // What goes wrong once the guard was first is its work: it removes the parts.
  'die() { rm -f -- "$stage" "$stage".*; if [ -e "$lease/held" ]; then :; else standing; exit 0; fi; if [ -n "$1" ]; then echo "$1" >&2; fi; exit 1; };',
  leaseFunctions,
  'if [ -e "$lease/held" ]; then',
  'cat >"$stage" || die; nth=0; {',
  'for size do part=$stage.$nth; nth=$((nth + 1));',
  'if [ "$size" = 0 ]; then true >"$part" || die; else dd bs="$size" count=1 <&3 >"$part" 2>/dev/null || die "there is no room in ${lease%/*}"; fi;',
  '[ "$(wc -c <"$part")" -eq "$size" ] || die "what arrived there is incomplete";',
  'sync "$part" 2>/dev/null || dd if=/dev/null of="$part" conv=notrunc,fsync 2>/dev/null || sync; done; true; } 3<"$stage" || die;',
  'rm -f -- "$stage"; mv -f -- "$stage.0" "$lease/way/$name" || die; prolong; fi; standing',
)

/** Puts the end of the lease $1 $2 hundredths of a second from now, in place: a full disk has room for that. Prints how it stands. */
export const renewScript = hostScript(
  'renew the lease',
  'lease=$1 ttl=$2;',
  leaseFunctions,
  'if [ -e "$lease/held" ]; then prolong; fi; standing',
)

/**
 * Ends the lease $1, unless its guard did. Prints `released`, or `gone`; or `busy`, `ended` or `broken` (the guard is gone before its end),
 * then the name and the last words of each entry of the way back.
 */
export const releaseScript = hostScript(
  'release the lease',
  'lease=$1;',
  guardedFunction,
  'if [ -d "$lease" ]; then :; else printf "gone\\0"; exit 0; fi;',
  'if mv -- "$lease/held" "$lease/released" 2>/dev/null || [ -e "$lease/released" ]; then',
  'if guarded 2>/dev/null; then if [ "$group" = "$guard" ]; then kill -KILL "-$guard"; else kill -KILL "$guard"; fi; fi;',
  'rm -rf -- "$lease" 2>/dev/null; printf "released\\0"; exit 0; fi;',
  'tries=0; while [ -e "$lease/fired" ] && guarded 2>/dev/null; do tries=$((tries + 1)); if [ $tries -gt 20 ]; then printf "busy\\0"; exit 0; fi;',
  'sleep 0.2 2>/dev/null || sleep 1; done;',
  'if [ -e "$lease/fired" ]; then printf "broken\\0"; else printf "ended\\0"; fi;',
  'for entry in "$lease"/way/*; do if [ -e "$entry" ]; then case ${entry##*/} in [sa]*) words=;; *) words=$(cat <"$entry");; esac;',
  'printf "%s\\0" "${entry##*/}" "$words"; fi; done',
)

/** Removes what is left of the lease $1. */
export const forgetScript = hostScript('remove the lease', 'rm -rf -- "$1"')
