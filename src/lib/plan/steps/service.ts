import { z } from 'zod'
import { defineStep } from '../../core/component.ts'
import { serviceNameField } from '../../core/host-fields.ts'
import type { Json } from '../../core/json.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { parseParams } from '../../core/params.ts'
import { type LoneCommand, StepError, type StepKind, type StepPlace } from '../../core/plan.ts'
import { loneScript, runScript } from './on-host.ts'
import { actOnService } from './service-scripts.ts'
import { activeWord, bootWord, lookAt, ServiceState, startsAtBoot } from './service-state.ts'

const verbs = { started: 'start', stopped: 'stop', restarted: 'restart', reloaded: 'reload' } as const

const Params = z
  .strictObject({
    name: serviceNameField(),
    state: z
      .enum(['started', 'stopped', 'restarted', 'reloaded'])
      .optional()
      .describe('restarted and reloaded are done every time'),
    enabled: z.boolean().optional().describe('whether it starts with the boot'),
  })
  .refine(({ state, enabled }) => state !== undefined || enabled !== undefined, { error: 'needs state or enabled' })

/**
 * A service of systemd, OpenRC or init scripts, whichever runs on the host. An undo brings back whether it ran and whether it starts with
 * the boot. That of a restart or reload comes after the files of other steps are back, and does the same again: the service runs with them.
 */
export default defineStep({
  type: 'service',
  version: '1.0.0',
  summary: 'service that is started, stopped, restarted, reloaded, enabled or disabled',
  stability: 'beta',
  schema: jsonSchemaOf(Params),
  example: { name: 'nginx', state: 'reloaded' },
  build: config => serviceStep(config),
})

function serviceStep(config: Json): StepKind {
  const { name, state, enabled } = parseParams(Params, config)
  const runs = state === undefined ? undefined : state !== 'stopped'
  const always = state === 'restarted' || state === 'reloaded'
  /** What is to be done for a service to run, and to start with the boot, as told. */
  const needs = (now: ServiceState): string[] => [
    ...(state !== undefined && (always || now.active !== runs) ? [verbs[state]] : []),
    ...(enabled !== undefined && startsAtBoot(now) !== enabled ? [enabled ? 'enable' : 'disable'] : []),
  ]
  return {
    ...(always && { undoneLast: true as const }),
    describe: () =>
      [state && verbs[state], enabled !== undefined && (enabled ? 'enable' : 'disable')].filter(Boolean).join(' and ') +
      ` ${name}`,
    capture: place => look(place, name),
    needed: before => needs(ServiceState.parse(before)).length > 0,
    diff: before => difference(name, ServiceState.parse(before), { state, enabled }),
    do: async (place, before) => act(place, name, needs(ServiceState.parse(before))),
    async verify(place) {
      const now = await look(place, name)
      if (runs !== undefined && now.active !== runs) throw new StepError(`${name} is ${activeWord(now)}: ${now.detail}`)
      if (enabled !== undefined && startsAtBoot(now) !== enabled) throw new StepError(`${name} is ${bootWord(now)}`)
    },
    doAlone: before => actAlone(name, needs(ServiceState.parse(before))),
    undoAlone(before) {
      const was = ServiceState.parse(before)
      const runsNow = always || (state === undefined ? was.active : !was.active)
      const bootNow = enabled === undefined || startsAtBoot(was) === enabled ? was.enabled : enabled ? 'enabled' : 'disabled'
      const again = always && was.active ? [verbs[state]] : []
      return actAlone(name, [...again, ...wayBack({ ...was, active: runsNow, enabled: bootNow }, was)])
    },
    async undo(place, before) {
      const was = ServiceState.parse(before)
      const now = await look(place, name)
      const again = always && was.active && now.active ? [verbs[state]] : []
      await act(place, name, [...again, ...wayBack(now, was)])
    },
    async verifyUndone(place, before) {
      const was = ServiceState.parse(before)
      const now = await look(place, name)
      if (now.active !== was.active) throw new StepError(`${name} is ${activeWord(now)}, was ${activeWord(was)}: ${now.detail}`)
      if (startsAtBoot(now) !== startsAtBoot(was)) throw new StepError(`${name} is ${bootWord(now)}, was ${bootWord(was)}`)
    },
  }
}

async function look(place: StepPlace, name: string): Promise<ServiceState> {
  const [state] = await lookAt(place, [name])
  if (state === undefined) throw new StepError(`could not look at ${name}`)
  return state
}

async function act(place: StepPlace, name: string, todo: readonly string[]): Promise<void> {
  if (todo.length > 0) await runScript(place, actOnService(name, todo), { args: [name, ...todo] })
}

function actAlone(name: string, todo: readonly string[]): LoneCommand[] {
  return todo.length > 0 ? [loneScript(actOnService(name, todo), { args: [name, ...todo] })] : []
}

/** Each part does nothing where it is so already. */
function wayBack(now: ServiceState, was: ServiceState): string[] {
  const off = was.enabled === 'unregistered' ? 'forget' : 'disable'
  const boot = !startsAtBoot(was) ? [off] : was.levels.length > 0 ? was.levels.map(level => `enable:${level}`) : ['enable']
  return [...(now.active === was.active ? [] : [was.active ? 'start' : 'stop']), ...(bootWord(now) === bootWord(was) ? [] : boot)]
}

function difference(
  name: string,
  now: ServiceState,
  { state, enabled }: { readonly state: keyof typeof verbs | undefined; readonly enabled: boolean | undefined },
): string {
  const lines = []
  if (state === 'restarted' || state === 'reloaded') lines.push(`${name}: ${state}\n`)
  else if (state !== undefined && now.active !== (state === 'started')) lines.push(`${name}: ${activeWord(now)} -> ${state}\n`)
  if (enabled !== undefined && startsAtBoot(now) !== enabled) {
    lines.push(`${name}: ${bootWord(now)} -> ${enabled ? 'enabled' : 'disabled'}\n`)
  }
  return lines.join('')
}
