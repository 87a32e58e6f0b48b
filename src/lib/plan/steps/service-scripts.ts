import { type HostScript, hostScript } from '../../transport/host-script.ts'

// Three kinds of service managers. What each of them tells is brought to the same words on the host.

/** Shell: $manager. systemd counts only where it is the manager that runs. */
const findManager =
  'case $(systemctl is-system-running 2>/dev/null) in ""|offline|unknown) manager=;; *) manager=systemd;; esac; ' +
  'if [ -z "$manager" ]; then if command -v rc-service >/dev/null; then manager=openrc; ' +
  'elif command -v service >/dev/null; then manager=sysv; else echo "there is no systemd, OpenRC or service command" >&2; exit 1; fi; fi;'

const none = '{ echo "there is no service $name" >&2; exit 1; }'

/** Prints for every name in the arguments: the manager, `active` or `inactive`, a detail, `enabled`, `disabled` or another word, runlevels. */
export const lookAtServices = (names: readonly string[]): HostScript =>
  hostScript(
    `look at ${names.join(', ')}`,
    findManager,
    'for name do active=inactive detail= enabled=disabled levels=;',
    'case $manager in',
    'systemd) detail=$(systemctl show -p LoadState -p ActiveState -p SubState -- "$name") || exit 1;',
    `case $detail in *LoadState=not-found*) ${none};; esac;`,
    'case $detail in *ActiveState=active*|*ActiveState=reloading*) active=active;; esac;',
    'enabled=$(systemctl is-enabled -- "$name" 2>/dev/null); enabled=${enabled:-disabled};;',
    `openrc) rc-service -e "$name" || ${none};`,
    'detail=$(rc-service "$name" status 2>&1) && active=active;',
    'for link in /etc/runlevels/*/"$name"; do if [ -h "$link" ]; then link=${link%/*}; levels="$levels ${link##*/}"; enabled=enabled; fi; done;;',
    `sysv) [ -x "/etc/init.d/$name" ] || ${none};`,
    'detail=$(service "$name" status 2>&1) && active=active; enabled=unregistered;',
    'for link in /etc/rc[2345].d/K[0-9][0-9]"$name" /etc/rc.d/rc[2345].d/K[0-9][0-9]"$name"; do if [ -h "$link" ]; then enabled=disabled; fi; done;',
    'for link in /etc/rc[2345].d/S[0-9][0-9]"$name" /etc/rc.d/rc[2345].d/S[0-9][0-9]"$name"; do if [ -h "$link" ]; then enabled=enabled; fi; done;;',
    'esac; printf "%s\\0" "$manager" "$active" "$detail" "$enabled" "$levels"; done',
  )

/** Fields that lookAtServices prints for one service. */
export const serviceFields = 5

/**
 * Does to the service $1 what the other arguments say: start, stop, restart, reload, enable, disable; `enable:LEVEL` for OpenRC, forget for
 * init scripts. What runs is not started, and what does not run is not stopped: an init script may not look itself.
 */
export const actOnService = (name: string, verbs: readonly string[]): HostScript =>
  hostScript(
    `${verbs.join(' and ')} ${name}`,
    findManager,
    // A daemon that keeps the output of its start must not keep ours open; why it failed is then told by its status.
    'quietly() { "$@" </dev/null >/dev/null 2>&1; code=$?; if [ $code = 0 ]; then return 0; fi;',
    'if [ "$manager" = openrc ]; then rc-service "$name" status >&2; else service "$name" status >&2; fi;',
    'echo "status $code" >&2; return 1; };',
    'runs() { if [ "$manager" = openrc ]; then rc-service "$name" status; else service "$name" status; fi >/dev/null 2>&1; };',
    'name=$1; shift; for verb do case $manager-$verb in systemd-*) ;; *-start) if runs; then continue; fi;; *-stop) runs || continue;; esac;',
    'case $manager in',
    'systemd) systemctl "${verb%:*}" -- "$name";;',
    'openrc) case $verb in enable) rc-update add "$name" default;; enable:*) rc-update add "$name" "${verb#*:}";;',
    'disable) for link in /etc/runlevels/*/"$name"; do if [ -h "$link" ]; then rc-update -a delete "$name" || exit 1; break; fi; done;; *) quietly rc-service "$name" "$verb";; esac;;',
    'sysv) case $verb in enable) if command -v update-rc.d >/dev/null; then update-rc.d "$name" defaults && update-rc.d "$name" enable;',
    'else chkconfig "$name" on; fi;;',
    'disable) if command -v update-rc.d >/dev/null; then update-rc.d "$name" disable; else chkconfig "$name" off; fi;;',
    'forget) if command -v update-rc.d >/dev/null; then update-rc.d -f "$name" remove; else chkconfig --del "$name"; fi;;',
    '*) quietly service "$name" "$verb";; esac;;',
    'esac || exit 1; done',
  )
