#!/bin/sh
# machines.sh DIRECTORY: starts the machines listed there as `NUMBER OUTSIDE INSIDE`, until stdin ends; then takes everything back.
# The test holds the other end of stdin, so this also happens when the test process is killed.
dir=$1
exec 2>>"$dir/log"

# The first process of a machine: an /etc, a /run and processes of its own, the set-up of the test, sshd.
# It also collects what its daemons leave behind, as an init does: `wait` of a shell takes every child that ends.
# shellcheck disable=SC2016 # for the shell inside
init='
set -e
dir=$1
# Not while a fleet makes an account.
exec 9>/run/opsctl-test.lock
flock -s 9
# In memory: nothing here has to outlive a power cut, and a disk is slow to promise that.
mount -t tmpfs etc /run
cp -a /etc /run/etc
exec 9>&-
mount --bind /run/etc /etc
mount -t tmpfs run /run
mkdir -p /run/sshd /run/root
# A root without a past: what this machine runs at its logins is nothing to the tests.
sed -i "s|^root:.*|root:*:0:0:root:/run/root:/bin/sh|" /etc/passwd
ip link set lo up
sh "$dir/setup" "$2"
cp "$dir/sshd_config" /run
/usr/sbin/sshd -f /run/sshd_config -E /run/sshd.log
echo ready >"$dir/$2-ready"
while :; do sleep 3600 & wait $! || :; done
'

while read -r number outside inside; do
  unshare --mount --net --pid --uts --fork --kill-child --mount-proc --propagation private sh -c "$init" init "$dir" "$number" </dev/null &
  machine=$!
  machines="$machines $machine" first=
  # The kernel ends this list without a newline, which `read` takes for a failure.
  until [ -n "$first" ] && [ "$(readlink "/proc/$first/ns/net")" != "$(readlink /proc/self/ns/net)" ]; do
    kill -0 "$machine" || exit
    sleep 0.01
    read -r first _ <"/proc/$machine/task/$machine/children"
  done
  echo "$number $first" >>"$dir/inits"
  outer=opsm$(echo "${outside#198.18.}" | tr . -)
  ip link add "$outer" type veth peer name cable netns "$first" &&
    ip address add "$outside/30" dev "$outer" && ip link set "$outer" up &&
    nsenter -t "$first" -n ip -batch - <<BATCH
address add $inside/30 dev cable
link set cable up
BATCH
done <"$dir/machines"
echo started >"$dir/started"
cat >/dev/null
# shellcheck disable=SC2086 # one word a machine
kill -KILL $machines
wait
rm -rf "$dir"
