import { createHash } from 'node:crypto'
import type { YamlDocument } from '../../core/component.ts'
import type { Plan } from '../../core/plan.ts'
import type { ChangeComponents } from '../../plan/file/components.ts'
import { type Conduct, conductKeys, readConduct } from '../../plan/file/conduct.ts'
import { ChangeNode } from '../../plan/file/node.ts'
import { Problems } from '../../plan/file/problems.ts'
import { readName } from '../../plan/file/settings.ts'
import type { ReadSource } from '../../plan/file/source.ts'
import { readSteps } from './steps.ts'

/** What a change file says. */
export interface Change extends Omit<Conduct, 'plan'> {
  readonly plan: Plan
  /** As it was given. */
  readonly path: string
  /** Of the file's text, in hex. Files that it names as `source` are in the plan itself. */
  readonly sha256: string
}

export interface ChangeSource {
  readonly path: string
  readonly text: string
  /** Of `text`. */
  readonly document: YamlDocument
  readonly components: ChangeComponents
  readonly readSource: ReadSource
}

export const changeKeys = ['name', ...conductKeys, 'steps', 'handlers'] as const

/**
 * Reads a change file whole: what it returns names only kinds and types that are there, with parameters that they take.
 * @throws OpsError E_PLAN for the first mistake, with all others in `data.problems`
 */
export async function readChange({ path, text, document, components, readSource }: ChangeSource): Promise<Change> {
  const problems = new Problems({ document, path })
  const top = new ChangeNode(document.value, problems)
  if (!judgeKeys(top)) problems.throwAny()
  const { plan: conduct, ...settings } = await readConduct(top, components)
  const plan: Plan = {
    name: readName(top.child('name')) ?? '',
    ...conduct,
    steps: await readSteps(top, { components, readSource }),
  }
  problems.throwAny()
  return { plan, ...settings, path, sha256: createHash('sha256').update(text).digest('hex') }
}

/** Words of other tools for what a change calls differently. */
const foreignKeys: Readonly<Record<string, string>> = {
  hosts: 'targets',
  tasks: 'steps',
  serial: 'waves',
  max_fail_percentage: 'max-fail',
}

/** False when there are no keys at all. */
function judgeKeys(top: ChangeNode): boolean {
  const hint = 'a change has at least name: and steps:'
  if (top.value === null) return top.wrong('the file is empty', { hint }) ?? false
  const members = top.members('a change', hint)
  for (const [key, member] of members ?? []) {
    if (isKnown(key)) continue
    const meant = Object.hasOwn(foreignKeys, key) ? foreignKeys[key] : undefined
    member.unknownKey(`unknown key '${key}' in a change`, changeKeys, { ...(meant && { meant }) })
  }
  return members !== undefined
}

const isKnown = (key: string): boolean => changeKeys.some(known => known === key)
