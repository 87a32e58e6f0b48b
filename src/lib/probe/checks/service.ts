import { z } from 'zod'
import type { CheckResult, Reading } from '../../core/check.ts'
import { serviceNameField } from '../../core/host-fields.ts'
import { notThere } from '../file-reading.ts'
import { defineHostCheck, textIn } from '../host-check.ts'
import { Unseen } from './look.ts'

const Params = z.strictObject({
  name: serviceNameField(),
  state: z.enum(['running', 'stopped']).default('running'),
  enabled: z.boolean().optional().describe('whether it must start with the boot'),
})
type Params = z.output<typeof Params>

/**
 * Prints the manager that looks after services, then for systemd what it knows, for others what stands for it: `exists`, `running`,
 * `stopped`, `failed` or `unknown`, `enabled` or `disabled`. The init system of busybox and others have no names to ask for.
 */
const look = (name: string): Reading => ({
  does: `look at the service ${name}`,
  script: [
    'enabled() { for link do if [ -h "$link" ]; then echo enabled; return; fi; done; echo disabled; };',
    'if [ -d /run/systemd/system ]; then echo systemd; limit 5 systemctl show -p LoadState -p ActiveState -p SubState -p UnitFileState -p Result -p NRestarts -- "$1";',
    'elif [ -d /run/openrc ]; then echo openrc; [ -e "/etc/init.d/$1" ] || exit 0; echo exists; state=stopped;',
    'if [ -e "/run/openrc/failed/$1" ]; then state=failed; elif [ -e "/run/openrc/started/$1" ]; then state=running; fi; echo $state; enabled /etc/runlevels/*/"$1";',
    'elif command -v sv >/dev/null && { [ -d /etc/runit ] || [ -d /etc/sv ]; }; then echo runit; [ -d "/etc/sv/$1" ] || [ -d "/etc/service/$1" ] || exit 0; echo exists;',
    'case $(limit 5 sv status "$1" 2>&1) in run:*) echo running;; down:*) echo stopped;; *) echo unknown;; esac; enabled /etc/service/"$1" /var/service/"$1";',
    // `status` of an init script is asked as LSB defines it.
    'elif [ -d /etc/init.d ]; then echo sysv; [ -x "/etc/init.d/$1" ] || exit 0; echo exists; limit 10 "/etc/init.d/$1" status >/dev/null 2>&1;',
    'case $? in 0) echo running;; 1|2) echo failed;; 3) echo stopped;; *) echo unknown;; esac; enabled /etc/rc[2345].d/S[0-9][0-9]"$1" /etc/rc.d/rc[2345].d/S[0-9][0-9]"$1";',
    `else exit ${notThere}; fi`,
  ].join(' '),
  args: [name],
})

/** A service of systemd, OpenRC, runit or init scripts, whichever runs on the host. */
export default defineHostCheck({
  type: 'service',
  summary: 'service that must run or not, and start with the boot or not',
  example: { name: 'ssh', state: 'running', enabled: true },
  params: Params,
  title: ({ name, state }) => `${name} is ${state}`,
  readings: ({ name }) => [look(name)],
  judge(params, found) {
    const { name } = params
    const reading = look(name)
    if (found(reading).code === notThere) throw new Unseen(`could not ${reading.does}: nothing there looks after services`)
    const [manager = '', ...lines] = textIn(found, reading).trim().split('\n')
    return verdictOf(manager === 'systemd' ? ofSystemd(name, lines) : ofScripts(name, lines), params)
  },
})

interface Service {
  readonly exists: boolean
  /** `changing` is on its way from one to the other. */
  readonly state: 'running' | 'stopped' | 'failed' | 'changing'
  /** In the manager's words, for the message. */
  readonly detail: string
  readonly enabled: boolean
  readonly restarts?: number
}

const startsAtBoot = ['enabled', 'enabled-runtime', 'alias', 'static', 'indirect', 'generated', 'linked', 'linked-runtime']

function ofSystemd(name: string, lines: readonly string[]): Service {
  const values = new Map(lines.map(line => [line.replace(/=.*/s, ''), line.slice(line.indexOf('=') + 1)]))
  const [active = '', sub = ''] = [values.get('ActiveState'), values.get('SubState')]
  const states = {
    active: 'running',
    reloading: 'running',
    refreshing: 'running',
    inactive: 'stopped',
    failed: 'failed',
    maintenance: 'failed',
  } as const
  const state = Object.entries(states).find(([word]) => word === active)?.[1]
  if (active === '') throw new Unseen(`could not look at the service ${name}: systemctl answered something else`)
  const result = values.get('Result') ?? ''
  const restarts = values.get('NRestarts')
  return {
    exists: values.get('LoadState') !== 'not-found',
    state: state ?? 'changing',
    detail: `${active} (${[sub, ...(result === 'success' || result === '' ? [] : [result])].join(', ')})`,
    enabled: startsAtBoot.includes(values.get('UnitFileState') ?? ''),
    ...(restarts && { restarts: Number(restarts) }),
  }
}

function ofScripts(name: string, [exists, state = '', enabled]: readonly string[]): Service {
  if (exists === undefined) return { exists: false, state: 'stopped', detail: '', enabled: false }
  if (state !== 'running' && state !== 'stopped' && state !== 'failed')
    throw new Unseen(`could not look at the service ${name}: it does not tell its state`)
  return { exists: true, state, detail: state, enabled: enabled === 'enabled' }
}

function verdictOf(service: Service, { name, state: wanted, enabled }: Params): CheckResult {
  const { exists, state, detail, restarts } = service
  if (!exists) {
    const absent = { message: `there is no service ${name}` }
    return wanted === 'stopped' && enabled !== true
      ? { verdict: 'pass', ...absent }
      : { verdict: 'fail', reason: 'missing', ...absent }
  }
  const metrics = { up: state === 'running' ? 1 : 0, ...(restarts !== undefined && { restarts }) }
  const running = state === 'running' || state === 'changing'
  if (state === 'changing')
    return { verdict: wanted === 'running' ? 'warn' : 'fail', reason: 'state', message: `${name} is ${detail}`, metrics }
  if (running !== (wanted === 'running')) return { verdict: 'fail', reason: 'state', message: `${name} is ${detail}`, metrics }
  const boot = service.enabled ? 'enabled' : 'not enabled'
  if (enabled !== undefined && enabled !== service.enabled)
    return { verdict: 'fail', reason: 'state', message: `${name} is ${detail}, but ${boot}`, metrics }
  return { verdict: 'pass', message: `${name} is ${detail}, ${boot}`, metrics }
}
