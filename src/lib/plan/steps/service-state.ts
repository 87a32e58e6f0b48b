import { z } from 'zod'
import { StepError, type StepPlace } from '../../core/plan.ts'
import { allFields } from '../../transport/host-script.ts'
import { runScript } from './on-host.ts'
import { lookAtServices, serviceFields } from './service-scripts.ts'

/** A service as its manager tells. */
export const ServiceState = z.object({
  manager: z.string(),
  active: z.boolean(),
  /** In the manager's own words. */
  detail: z.string(),
  /** `enabled`, `disabled`, `unregistered` of init scripts, or systemd's other words: static, masked, indirect … */
  enabled: z.string(),
  /** Of OpenRC, where it is enabled. */
  levels: z.array(z.string()),
})
export type ServiceState = z.output<typeof ServiceState>

/** The states of services, in order. @throws StepError also for a name that the host does not know */
export async function lookAt(place: StepPlace, names: readonly string[]): Promise<ServiceState[]> {
  if (names.length === 0) return []
  const script = lookAtServices(names)
  const fields = allFields(await runScript(place, script, { args: names }))
  if (fields.length !== names.length * serviceFields)
    throw new StepError(`could not ${script.does}: the host answered something else`)
  return names.map((_, index) => {
    const [manager = '', active = '', detail = '', enabled = '', levels = ''] = fields.slice(index * serviceFields)
    return {
      manager,
      active: active === 'active',
      detail: detail.replace(/\s+/g, ' ').trim().slice(0, 200),
      enabled,
      levels: levels.split(' ').filter(Boolean),
    }
  })
}

/** Starts with the boot: for systemd also what needs no enabling, since others start it. */
export const startsAtBoot = ({ enabled }: ServiceState): boolean =>
  ['enabled', 'enabled-runtime', 'alias', 'static', 'indirect', 'generated'].includes(enabled)

export const activeWord = ({ active }: Pick<ServiceState, 'active'>): string => (active ? 'running' : 'stopped')
export const bootWord = (state: ServiceState): string => (startsAtBoot(state) ? 'enabled' : state.enabled)
