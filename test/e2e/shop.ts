import type { Machine } from '../helpers/machines.ts'

/** A daemon that says what it has loaded, and when it was told to. What it is asked to do has been done when the init script ends. */
const daemon = `#!/bin/sh
load() { cp /etc/shop/shop.conf /run/shop.loaded; echo load >>/run/effects; echo $((loads += 1)) >/run/shop.loads; }
trap load HUP
trap 'kill $!; exit' TERM
load
while :; do sleep 3600 & wait $!; done
`

const initScript = `#!/bin/sh
### BEGIN INIT INFO
# Provides: shop
# Required-Start:
# Required-Stop:
# Default-Start: 2 3 4 5
# Default-Stop: 0 1 6
### END INIT INFO
alive() { read -r pid </run/shop.pid && [ -d /proc/$pid ]; } 2>/dev/null
# Waits until the daemon has loaded; not for ever.
until_changed() { tries=0; until [ "$(cat /run/shop.loads 2>/dev/null)" != "$1" ]; do [ $((tries += 1)) -lt 500 ] || exit 1; sleep 0.01; done; }
case $1 in
start) alive && exit 0; rm -f /run/shop.loads; setsid sh /etc/shop/daemon & echo $! >/run/shop.pid; until_changed "";;
stop) if alive; then kill $pid; while [ -d /proc/$pid ]; do sleep 0.01; done; fi; rm -f /run/shop.pid;;
restart) $0 stop; $0 start;;
reload) alive || exit 1; loads=$(cat /run/shop.loads); kill -HUP $pid; until_changed "$loads";;
status) if alive; then echo "shop is running"; else echo "shop is not running"; exit 3; fi;;
*) exit 2;;
esac
`

/** For sh, the first thing that runs in a machine: a shop that runs with a configuration of its own. */
export const shopSetUp = `set -e
hostname "shop$1"
mkdir /etc/shop
cat >/etc/shop/daemon <<'END'
${daemon}END
cat >/etc/init.d/shop <<'END'
${initScript}END
chmod 755 /etc/init.d/shop
printf 'workers 4\\nname shop%s\\n' "$1" >/etc/shop/shop.conf
printf 'welcome\\n' >/etc/motd
chmod 640 /etc/shop/shop.conf
chown 33:33 /etc/shop/shop.conf
touch -d @1767268800.25 /etc/shop/shop.conf /etc/motd
mkdir -p /etc/sysctl.d /run/pristine
cp -a /etc/shop /etc/motd /run/pristine
service shop start
`

/** Everything on a machine that a change of the tests may touch, as text: names, modes, owners, times, contents, what the daemon has loaded. */
export function shopState(machine: Machine): Promise<string> {
  return machine.sh(`
find /etc/shop /etc/motd /etc/sysctl.d /etc/rc[2345].d -path '/etc/shop*' -o -name '*shop' -o -name '*opsctl*' -o -name motd | sort |
while read -r path; do stat -c '%N %f %u:%g' "$path"; if [ -f "$path" ] && [ ! -h "$path" ]; then stat -c 'time %Y' "$path"; cat "$path"; fi; done
service shop status || :
echo "loaded:"; cat /run/shop.loaded
cat /proc/sys/net/core/somaxconn`)
}

/** How often each effect was had on a machine since they were forgotten: `load` of the daemon, and what commands note. */
export async function shopEffects(machine: Machine): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {}
  for (const line of (await machine.sh('cat /run/effects 2>/dev/null || :')).split('\n').filter(Boolean)) {
    counts[line] = (counts[line] ?? 0) + 1
  }
  return counts
}

/** Brings a machine back to how it was set up, whatever a test that failed has left there. */
export async function resetShop(machine: Machine): Promise<void> {
  await machine.sh(`exec >/run/reset.log 2>&1
rm -rf /run/fail /run/go /run/in-step /run/in-undo /run/data /etc/shop /etc/sysctl.d/*opsctl*
if [ -d /run/small ]; then umount /run/small; rmdir /run/small; fi
cp -a /run/pristine/shop /run/pristine/motd /etc
update-rc.d -f shop remove
echo 4096 >/proc/sys/net/core/somaxconn
service shop restart; : >/run/effects
pgrep -x sshd || /usr/sbin/sshd -f /run/sshd_config -E /run/sshd.log`)
}
