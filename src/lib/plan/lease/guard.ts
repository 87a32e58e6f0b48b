import { factsFunction } from './lease-scripts.ts'

/**
 * The guard: `sh guard LEASE`, for dash, bash and busybox. Without a renewal or a release it takes back what was done: steps last first,
 * then what comes after them. Time is /proc/uptime: it counts while the host sleeps, and nobody sets it. SIGTERM, at a logout or a
 * shutdown, ends the lease at once, since there may be no later.
 *
 * A shell that finds no room for another process ends; its EXIT trap then begins the guard anew in the same process, where all that it
 * knows is in files.
 */
export const guardScript = `# opsctl: takes back what was done to this host, unless the lease in the directory $1 is renewed or released.
lease=$1
trap : HUP INT
trap 'printf "%20d %20d\\n" 0 0 1<>"$lease/deadline"' TERM
trap 'exec sh "$lease/guard" "$lease"' EXIT
umask 077
read -r nap pause mask adjust grace limit detach polite <"$lease/terms"
[ "$detach" = - ] && detach=
{ echo -1000 >/proc/self/oom_score_adj; } 2>/dev/null
${factsFunction}
leave() { trap - EXIT; exit 0; }
clock() { read -r up rest </proc/uptime && seconds=\${up%.*} now=\${up%.*}\${up#*.}; }
note() { printf '%s %s\\n' "$up" "$*" >>"$lease/log"; }

read -r line </proc/$$/stat
facts \${line##*) }
own=$group
if [ ! -e "$lease/running" ]; then
  echo "$$ $born $own" >"$lease/running.new" && mv -f -- "$lease/running.new" "$lease/running"
fi

is_due() {
  clock || return 1
  for try in 1 2 3 4 5; do
    deadline='' again=''
    read -r deadline again <"$lease/deadline"
    if [ -n "$deadline" ] && [ "$deadline" = "$again" ]; then
      [ "$now" -ge "$deadline" ]
      return
    fi
  done
  note 'the deadline can not be read'
}

until [ -e "$lease/fired" ]; do
  if [ ! -e "$lease/held" ]; then
    [ ! -e "$lease/released" ] || rm -rf -- "$lease"
    leave
  fi
  if is_due; then mv -- "$lease/held" "$lease/fired" || sleep "$nap"; else sleep "$nap"; fi
done
rm -f -- "$lease/spare"
clock
note 'the lease is over: what was done is taken back'

# Sets $groups to those in which commands of opsctl still work.
find_busy() {
  groups=
  for mark in "$lease"/busy/*; do
    if [ -e "$mark" ] && is_busy "\${mark##*/}"; then groups="$groups $busy"; fi
  done
  [ -n "$groups" ]
}
# A command that was ended by force may have left others of its group at work. The number of a group is not given again while it has
# members; if it was, whoever leads it is younger than the mark.
is_busy() {
  pid=\${1%%.*} busy=\${1##*.} start=\${1#*.}
  start=\${start%.*}
  if read -r line <"/proc/$pid/stat"; then
    facts \${line##*) }
    case $born-$state in "$start"-[ZX]) ;; "$start"-*) return 0 ;; esac
  fi
  [ "$busy" -gt 1 ] && [ "$busy" != "$own" ] && kill -0 "-$busy" || return 1
  read -r line <"/proc/$busy/stat" || return 0
  facts \${line##*) }
  [ "$born" -le "$start" ]
}
since=$seconds
while find_busy; do
  waited=$((seconds - since))
  if [ "$waited" -gt $((grace + 10)) ]; then
    note "it goes on beside what does not end: $groups"
    break
  fi
  for busy in $groups; do
    if [ "$waited" -gt $((grace + 3)) ]; then
      kill -KILL "-$busy"
    elif [ "$waited" -gt "$grace" ]; then
      kill -TERM "-$busy"
    fi
  done
  sleep "$pause"
  clock
done

# attempt DOES STDIN WORD…: three times at most. What it starts gets back what is special to the guard.
attempt() {
  does=$1 stdin=$2
  shift 2
  for try in 1 2 3; do
    clock
    run "$@" && { note "$does"; return; }
    note "could not $does: $(tail -n 1 "$lease/said")"
    [ "$code" != limit ] || break
    [ "$try" = 3 ] || sleep 1
  done
  words="$words\${words:+; }could not $does: $(tail -c 400 "$lease/said")"
}
run() {
  true >"$lease/said"
  $detach sh -c '{ echo "$1" >/proc/self/oom_score_adj; } 2>/dev/null; umask "$2"; shift 2; exec "$@"' sh \\
    "$adjust" "$mask" $polite "$@" <"$stdin" >/dev/null 2>>"$lease/said" &
  job=$! since=$seconds
  while kill -0 "$job" 2>/dev/null; do
    sleep "$pause"
    clock
    if [ $((seconds - since)) -gt "$limit" ]; then
      kill -TERM "-$job" || kill -TERM "$job"
      sleep 1
      kill -KILL "-$job" || kill -KILL "$job"
      wait "$job"
      echo "ended after $limit s" >>"$lease/said"
      code=limit
      return 1
    fi
  done
  wait "$job"
  code=$?
  [ "$code" = 0 ] || [ -s "$lease/said" ] || echo "status $code" >>"$lease/said"
  return "$code"
}

set --
for entry in "$lease"/way/step-*; do [ ! -e "$entry" ] || set -- "$entry" "$@"; done
for entry in "$lease"/way/after-*; do [ ! -e "$entry" ] || set -- "$@" "$entry"; done
for entry; do
  words=
  . "$entry"
  told=$lease/way/done-\${entry##*/}
  [ -z "$words" ] || told=$lease/way/failed-\${entry##*/}
  mv -f -- "$entry" "$told"
  printf '%s\\n' "$words" >"$told"
done
rm -rf -- "$lease/parts" "$lease/busy" "$lease/said"
for entry in "$lease"/way/*; do
  if [ ! -e "$entry" ]; then
    rm -rf -- "$lease"
    leave
  fi
  break
done
mv -- "$lease/fired" "$lease/ended"
leave
`
