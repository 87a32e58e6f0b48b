import type { Report } from '../core/report.ts'
import { foldNodeSet } from '../inventory/node-set.ts'
import { wavesOf } from '../plan/index.ts'
import type { PreparedSync } from './prepared-sync.ts'

/** What a wave would change. */
export interface Impact {
  readonly wave: number
  readonly hosts: readonly string[]
  /** Those of them on which something would change. */
  readonly changed: readonly string[]
  readonly files: readonly { readonly id: string; readonly hosts: readonly string[] }[]
  /** What would be done after the files changed, as `reload-nginx`. */
  readonly actions: readonly { readonly id: string; readonly hosts: readonly string[] }[]
}

/** By wave, from what a preview found on the hosts. */
export function impactOf({ rendering, built }: PreparedSync, { items }: Report): Impact[] {
  const changes = new Map(items.map(({ host = '', data }) => [host, Object.keys(data?.['changes'] ?? {})]))
  return wavesOf(rendering.hosts, built.plan.waves).map((wave, index) => {
    const hosts = wave.map(({ name }) => name)
    const changing = (ids: readonly string[]): string[] => hosts.filter(host => changes.get(host)?.some(id => ids.includes(id)))
    const filesOf = built.steps.map(({ spec }) => ({ id: spec.id, hosts: changing([spec.id]) }))
    const actionsOf = built.handlers.map(({ spec }) => ({ id: spec.id, hosts: changing(spec.on ?? []) }))
    return {
      wave: index + 1,
      hosts,
      changed: changing(built.steps.map(({ spec }) => spec.id)),
      files: filesOf.filter(({ hosts: touched }) => touched.length > 0),
      actions: actionsOf.filter(({ hosts: touched }) => touched.length > 0),
    }
  })
}

/** For people: a line a wave, and below it what would happen there. */
export function impactText(impact: readonly Impact[]): string {
  const lines = impact.flatMap(({ wave, hosts, changed, files, actions }) => [
    `wave ${wave}: ${foldNodeSet(hosts)}: ${changed.length} of ${hosts.length} hosts would change`,
    ...[...files, ...actions].map(({ id, hosts: touched }) => `  ${id}: ${foldNodeSet(touched)}`),
  ])
  return lines.map(line => `${line}\n`).join('')
}
