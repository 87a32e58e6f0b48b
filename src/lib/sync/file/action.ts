import { serviceNameField } from '../../core/host-fields.ts'
import { nearest } from '../../core/nearest.ts'
import { type ChangeNode, shown } from '../../plan/file/node.ts'
import type { Template } from '../template.ts'
import { readWords } from './templated.ts'

/** What is done once on a host after files changed there; files with the same action share it. */
export type ActionSpec =
  | { readonly is: 'service'; readonly id: string; readonly name: string; readonly state: 'reloaded' | 'restarted' }
  | { readonly is: 'run'; readonly id: string; readonly words: readonly Template[] }

const actions = { reload: 'reloaded', restart: 'restarted' } as const
const form = 'write `service: { name: nginx, action: reload }`'

export function readAction(entry: ChangeNode): ActionSpec | undefined {
  const [service, run] = [entry.child('service'), entry.child('run')]
  if (!service.isAbsent && !run.isAbsent) return run.wrong('run beside service', { part: 'key', hint: 'give one of the two' })
  if (!run.isAbsent) {
    const words = readWords(run)
    return words && { is: 'run', id: JSON.stringify(run.value), words }
  }
  return service.isAbsent ? undefined : readService(service)
}

function readService(node: ChangeNode): ActionSpec | undefined {
  const members = node.members('service', form)
  if (!members) return undefined
  const known = ['name', 'action']
  for (const [key, member] of members) if (!known.includes(key)) member.unknownKey(`unknown key '${key}' in service`, known)
  const name = node.child('name')
  const text = name.isAbsent ? name.wrong('service has no name', { hint: form }) : name.text()
  const action = readVerb(node.child('action'))
  if (text === undefined || action === undefined) return undefined
  const parsed = serviceNameField().safeParse(text)
  if (!parsed.success) return name.wrong(`name: ${shown(text)} ${parsed.error.issues[0]?.message ?? 'is not valid'}`)
  return { is: 'service', id: `${action}-${text}`, name: text, state: actions[action] }
}

function readVerb(node: ChangeNode): keyof typeof actions | undefined {
  const verbs = ['reload', 'restart'] as const
  if (node.isAbsent) return node.wrong('service has no action', { hint: form })
  const verb = verbs.find(each => each === node.value)
  if (verb) return verb
  const close = typeof node.value === 'string' ? nearest(node.value, verbs) : undefined
  return node.wrong(`action must be reload or restart, not ${shown(node.value)}`, { hint: close && `did you mean ${close}?` })
}
