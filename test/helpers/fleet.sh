#!/bin/sh
# fleet.sh DIRECTORY: makes the accounts listed there, runs sshd until stdin ends, then takes everything back.
# The test holds the other end of stdin, so this also happens when the test process is killed.
dir=$1
sshd=/usr/sbin/sshd

# useradd and friends refuse to wait for each other; who copies /etc takes the lock, too.
alone() { flock /run/opsctl-test.lock "$@"; }

make_users() {
  mkdir -p /run/sshd "$dir/home"
  while read -r name shell; do
    alone useradd -m -d "$dir/home/$name" -s "$shell" -p '*' "$name" || return
  done <"$dir/users"
  if [ -s "$dir/passwords" ]; then alone chpasswd <"$dir/passwords" || return; fi
  if [ -s "$dir/sudoers" ]; then install -m 0440 "$dir/sudoers" "/etc/sudoers.d/${dir##*/}"; fi
}

take_back() {
  while read -r name _; do alone userdel -f "$name"; done <"$dir/users"
  if [ -s "$dir/sudoers" ]; then rm -f "/etc/sudoers.d/${dir##*/}"; fi
  rm -rf "$dir"
}

exec 2>>"$dir/fleet.log"
if [ -s "$dir/users" ] && ! make_users; then
  echo 'accounts could not be made' >>"$dir/ended"
else
  set -- "$sshd" -D -f "$dir/sshd_config" -E "$dir/sshd.log"
  # Since OpenSSH 9.8 failed logins slow down later ones from the same address: here that is every host.
  if "$sshd" -t -f "$dir/sshd_config" -o PerSourcePenalties=no; then set -- "$@" -o PerSourcePenalties=no; fi
  # In a process namespace of its own nothing that was started over SSH outlives the fleet.
  for user in '' '--user --map-current-user'; do
    # shellcheck disable=SC2086 # two words or none
    if unshare $user --pid --fork --kill-child --mount-proc true; then
      set -- unshare $user --pid --fork --kill-child --mount-proc "$@"
      own_namespace=yes
      break
    fi
  done
  "$@" </dev/null &
  pid=$!
  { tail -s 0.1 --pid="$pid" -f /dev/null; echo 'sshd ended' >>"$dir/ended"; } &
  watch=$!
fi
cat >/dev/null
if [ -n "$pid" ]; then
  # sshd first, so that unshare can still collect it.
  if [ -n "$own_namespace" ]; then read -r inner _ <"/proc/$pid/task/$pid/children"; fi
  kill -KILL "${inner:-$pid}" "$watch"
  wait
fi
take_back
