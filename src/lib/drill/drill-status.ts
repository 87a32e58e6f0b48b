import type { Context } from '../core/context.ts'
import type { Document } from '../core/report.ts'
import { foldNodeSet } from '../inventory/node-set.ts'
import { visible } from '../render/visible-text.ts'
import { type DrillResidue, drillResidue, type RunningDrill, runningDrills } from './known-drills.ts'
import { haltText, readHalt } from './lever.ts'

/** The lever, the drills that run, and what others left broken, as the journals of this machine know it. Contacts nothing. */
export async function drillStatus(context: Context): Promise<Document> {
  const [halt, running, residue] = [await readHalt(context), await runningDrills(context), await drillResidue(context)]
  const lines = [
    halt ? `${haltText(halt)}; \`opsctl drill allow\` lets them begin again` : 'drills may begin',
    ...(running.length === 0 ? ['none runs'] : running.map(runningLine)),
    ...(residue.length === 0 ? ['nothing is left broken'] : residue.flatMap(residueLines)),
  ]
  const left = residue.map(({ runId, name, hosts }) => ({
    runId,
    name,
    hosts: hosts.map(({ host, steps, lease }) => ({ host: host.name, steps, lease: lease ?? null })),
  }))
  const data = { halted: halt ? { ...halt } : null, running: running.map(each => ({ ...each })), residue: left }
  return { mime: 'text/plain', text: lines.map(line => `${visible(line)}\n`).join(''), data }
}

const runningLine = ({ runId, title, startedAt, hosts }: RunningDrill): string =>
  `running: ${runId} ${title} on ${foldNodeSet([...hosts])} since ${startedAt}`

const residueLines = ({ runId, name, hosts }: DrillResidue): string[] => [
  `left broken by ${runId} ${name}: \`opsctl drill clean\` heals it`,
  ...hosts.map(
    ({ host, steps, lease }) => `  ${host.name}: ${[...steps, ...(lease === undefined ? [] : [`lease ${lease}`])].join(', ')}`,
  ),
]
