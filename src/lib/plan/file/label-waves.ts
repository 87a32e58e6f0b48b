import type { Context } from '../../core/context.ts'
import { OpsError } from '../../core/errors.ts'
import type { Host } from '../../core/host.ts'
import { nearest } from '../../core/nearest.ts'
import type { FleetOptions } from '../../fleet/index.ts'
import type { Conduct } from './conduct.ts'

interface Asked {
  readonly change: Pick<Conduct, 'wavePlaces'> & { readonly plan: Pick<Conduct['plan'], 'waves'>; readonly path: string }
  readonly hosts: readonly Host[]
  readonly options: Pick<FleetOptions, 'inventory' | 'sshConfig'>
}

/**
 * A wave by label that takes nobody would let the rest go without it. Where the hosts with the label were left out on purpose, by -t or
 * --limit, that is a warning; where no host of the inventory has it, the file is wrong.
 * @throws OpsError E_PLAN with the nearest label or value that there is, E_INVENTORY
 */
export async function checkLabelWaves(context: Context, { change, hosts, options }: Asked): Promise<void> {
  for (const [index, wave] of change.plan.waves.entries()) {
    if (!('label' in wave) || hosts.some(host => isIn(wave, host))) continue
    const { inventory: sources, sshConfig } = options
    const { hosts: all } = await context.inventory({ sources, ...(sshConfig !== undefined && { sshConfig }) })
    const place = change.wavePlaces[index] ?? change.path
    const shown = `${wave.label}: ${wave.value}`
    if (![...all.values()].some(host => isIn(wave, host)))
      throw new OpsError('E_PLAN', `${place}: no host of the inventory has the label ${shown}`, hintFor(wave, [...all.values()]))
    context.log('warn', `${place}: none of the targets has the label ${shown}, so this wave is left out`)
  }
}

interface LabelWave {
  readonly label: string
  readonly value: string
}

const isIn = ({ label, value }: LabelWave, { labels }: Host): boolean => labels[label] === value

function hintFor({ label, value }: LabelWave, hosts: readonly Host[]): { readonly hint: string } {
  const values = hosts.flatMap(({ labels }) => labels[label] ?? [])
  if (values.length > 0) return { hint: oneOf(value, { of: values, noun: `values of ${label}` }) }
  return { hint: oneOf(label, { of: hosts.flatMap(({ labels }) => Object.keys(labels)), noun: 'labels' }) }
}

const maxListed = 10

function oneOf(typed: string, { of, noun }: { readonly of: readonly string[]; readonly noun: string }): string {
  const known = [...new Set(of)].sort()
  const close = nearest(typed, known)
  if (close !== undefined) return `did you mean ${close}?`
  if (known.length === 0) return 'labels stand in the inventory: `labels: { canary: yes }`'
  const more = known.length > maxListed ? ` and ${known.length - maxListed} more` : ''
  return `the ${noun} are ${known.slice(0, maxListed).join(', ')}${more}`
}
