import type { StepSpec } from '../../core/plan.ts'
import { readChecks } from '../../plan/file/checks.ts'
import type { ChangeComponents } from '../../plan/file/components.ts'
import type { ChangeNode } from '../../plan/file/node.ts'
import type { ReadSource } from '../../plan/file/source.ts'
import { StepIds } from './step-ids.ts'
import { askedKind, judgeKeys, type Role } from './step-kind.ts'
import { readStepParams } from './step-params.ts'

export interface StepTools {
  readonly components: ChangeComponents
  readonly readSource: ReadSource
}

/** The steps in their order, then the handlers. One that is wrong is left out. */
export async function readSteps(top: ChangeNode, tools: StepTools): Promise<readonly StepSpec[]> {
  const entries = { steps: stepEntries(top.child('steps')), handlers: handlerEntries(top.child('handlers')) }
  const ids = new StepIds(entries)
  const specs: StepSpec[] = []
  for (const entry of entries.steps) specs.push(...(await readStep({ entry, role: 'step', ids }, tools)))
  for (const entry of entries.handlers) specs.push(...(await readStep({ entry, role: 'handler', ids }, tools)))
  return specs
}

function stepEntries(node: ChangeNode): readonly ChangeNode[] {
  const hint = 'a change needs at least one, as in `- run: [systemctl, reload, nginx]`'
  if (node.isAbsent) return node.wrong('steps is missing', { hint }) ?? []
  const entries = node.entries(hint)
  return entries?.length === 0 ? (node.wrong('steps is empty', { hint }) ?? []) : (entries ?? [])
}

const handlerEntries = (node: ChangeNode): readonly ChangeNode[] => (node.isAbsent ? [] : (node.entries() ?? []))

interface Asked {
  readonly entry: ChangeNode
  readonly role: Role
  readonly ids: StepIds
}

async function readStep({ entry, role, ids }: Asked, { components, readSource }: StepTools): Promise<StepSpec[]> {
  const members = entry.members(`a ${role}`, 'write `- run: [systemctl, reload, nginx]`')
  if (!members) return []
  const asked = askedKind({ entry, members, role }, components)
  const component = asked && (await components.load('step', asked.kind))
  const isClean = judgeKeys({ members, role, asked, component }, components)
  const precheck = await readChecks(entry.child('precheck'), components)
  const verify = await readChecks(entry.child('verify'), components)
  const on = role === 'handler' ? ids.readOn(entry.child('on')) : undefined
  // Parameters that slipped out of an empty kind were told already; that they are missing in it would be told again.
  if (!asked || !component || (!isClean && asked.node.value === null)) return []
  const params = await readStepParams({ entry, asked, component }, readSource)
  if (params === undefined) return []
  return [{ id: ids.of(entry, asked.kind), kind: asked.kind, params, ...(on && { on }), precheck, verify }]
}
