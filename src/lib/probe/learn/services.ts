import type { Found, Reading } from '../../core/check.ts'
import { processesIn, processesReading } from '../checks/process-list.ts'
import { notThere } from '../file-reading.ts'
import { textIn } from '../host-check.ts'
import type { Learned, Lesson } from './lesson.ts'

/**
 * Prints the manager that looks after services, then those that run and start with the boot: of systemd what it knows of all that run, of
 * others their names. An init script is asked only where it has something to say.
 */
const servicesReading: Reading = {
  does: 'list the services that run',
  script: [
    'linked() { for link do if [ -h "$link" ]; then return 0; fi; done; return 1; };',
    "if [ -d /run/systemd/system ]; then echo systemd; limit 10 systemctl show -p Id -p SubState -p UnitFileState -- '*.service';",
    'elif [ -d /run/openrc ]; then echo openrc; for at in /run/openrc/started/*; do name=${at##*/};',
    'for link in /etc/runlevels/*/"$name"; do case $link in */sysinit/*|*/boot/*|*/shutdown/*) continue;; esac; if [ -h "$link" ]; then echo "$name"; break; fi; done; done;',
    'elif command -v sv >/dev/null && { [ -d /etc/runit ] || [ -d /etc/sv ]; }; then echo runit; for at in /etc/service/* /var/service/*; do [ -h "$at" ] || continue; name=${at##*/};',
    'case $(limit 2 sv status "$name" 2>&1) in run:*) echo "$name";; esac; done;',
    'elif [ -d /etc/init.d ]; then echo sysv; for at in /etc/init.d/*; do name=${at##*/}; if [ -x "$at" ] && linked /etc/rc[2345].d/S[0-9][0-9]"$name" /etc/rc.d/rc[2345].d/S[0-9][0-9]"$name" &&',
    'grep -q "status)" "$at" && limit 2 "$at" status >/dev/null 2>&1; then echo "$name"; fi; done;',
    `else exit ${notThere}; fi; :`,
  ].join(' '),
  mayHang: true,
}

export const managerReadings: readonly Reading[] = [servicesReading, processesReading]

/** Services that run and start with the boot. */
export const services: Lesson = {
  title: 'Services that run and start with the boot',
  readings: managerReadings,
  learn(found) {
    const names = hasManager(found) ? servicesIn(found) : []
    const checks = names.filter(name => !isTerminal(name)).map(serviceCheck)
    return { checks, leftOut: names.filter(isTerminal).map(name => `service ${name}: waits for a login at a terminal`) }
  },
}

/** Whether something there looks after services. Init scripts that stand around in a container do not: its first process is another. */
export function hasManager(found: Found): boolean {
  if (found(servicesReading).code !== 0) return false
  const [manager] = textIn(found, servicesReading).split('\n')
  return manager !== 'sysv' || processesIn(found).some(({ pid, command }) => pid === 1 && command === 'init')
}

const isTerminal = (name: string): boolean => /^(serial-|console-|container-)?getty([@-]|$)/.test(name)

const serviceCheck = (name: string): Learned => ({
  type: 'service',
  params: { name, enabled: true },
  why: 'runs, and starts with the boot',
})

/** @throws Unseen */
function servicesIn(found: Found): string[] {
  if (found(servicesReading).code === notThere) return []
  const [manager, ...lines] = textIn(found, servicesReading).trim().split('\n')
  const names = manager === 'systemd' ? runningIn(lines) : lines
  return [...new Set(names)].filter(name => /^[A-Za-z0-9_@.:][A-Za-z0-9_@.:\\-]*$/.test(name)).sort()
}

/** Of systemd: a block of lines for each, with an empty line between two. */
function runningIn(lines: readonly string[]): string[] {
  return lines
    .join('\n')
    .split(/\n\n+/)
    .flatMap(block => {
      const value = (key: string): string | undefined => new RegExp(`^${key}=(.*)$`, 'm').exec(block)?.[1]
      const name = value('Id')?.replace(/\.service$/, '')
      return value('SubState') === 'running' && value('UnitFileState') === 'enabled' && name !== undefined ? [name] : []
    })
}
