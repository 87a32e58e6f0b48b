import type { Context } from '../core/context.ts'
import { formatDuration } from '../core/duration.ts'
import type { Document } from '../core/report.ts'
import { visible } from '../render/visible-text.ts'
import { neededFor } from './host-needs.ts'
import { loadPlaybook } from './playbook/load-playbook.ts'

/** Reads a playbook and tells what it would do. Nothing is contacted. @throws OpsError E_PLAN */
export async function validatePlaybook(context: Context, { playbook: path }: { readonly playbook: string }): Promise<Document> {
  const playbook = await loadPlaybook(context, path)
  const { name, faults, probes, objectives, expectations, durationMs, holdMs } = playbook
  const lines = [
    `${path}: ${name}`,
    ...faults.map(
      ({ id, type, targets, durationMs: own }) =>
        `  ${id}: ${id.startsWith(type) ? '' : `${type} `}on ${(targets ?? playbook.targets).join(',') || 'the targets of -t'}` +
        `${own === durationMs ? '' : ` for ${formatDuration(own)}`}; needs ${neededFor(type).join(', ')} there`,
    ),
    '  whether they have it: `opsctl drill doctor -t …`, or `opsctl drill run --dry-run`',
    `  in place for ${formatDuration(durationMs)}; a host that hears nothing for ${formatDuration(holdMs)} heals itself`,
    ...probes.map(probe => `  ${probe.name}: sampled every ${formatDuration(probe.everyMs)}`),
    ...objectives.map(({ text }) => `  ${text}`),
    ...expectations.map(({ probe, withinMs }) => `  ${probe.name} within ${formatDuration(withinMs)}`),
  ]
  const data = {
    name,
    durationMs,
    holdMs,
    faults: faults.map(({ id, type, params, durationMs: own }) => ({
      id,
      type,
      params,
      durationMs: own,
      needs: [...neededFor(type)],
    })),
    probes: probes.map(probe => ({ name: probe.name, everyMs: probe.everyMs })),
    objectives: objectives.map(({ text }) => text),
  }
  return { mime: 'text/plain', text: lines.map(line => `${visible(line)}\n`).join(''), data }
}
