import { type Expression, ExpressionError, parseExpression } from '../../core/expression.ts'
import type { ChangeNode } from '../../plan/file/node.ts'

/** What must be true of a change on every host. */
export interface Policy {
  readonly expression: Expression
  /** What to tell when it is not. */
  readonly message: string
  /** `sync.yaml:30:5`. */
  readonly place: string
}

/** What an expression may name. */
export const policyVariables = ['change', 'host', 'caller'] as const

const form = 'write `- { that: "size(change.files) < 5", message: too many files at once }`'
const keys = ['that', 'message']

export function readPolicies(node: ChangeNode): readonly Policy[] {
  if (node.isAbsent) return []
  return (node.entries(form) ?? []).flatMap(entry => readPolicy(entry) ?? [])
}

function readPolicy(entry: ChangeNode): Policy | undefined {
  const members = entry.members('a policy', form)
  if (!members) return undefined
  for (const [key, member] of members) if (!keys.includes(key)) member.unknownKey(`unknown key '${key}' in a policy`, keys)
  const [that, message] = [entry.child('that'), entry.child('message')]
  const text = that.isAbsent ? that.wrong('a policy without that', { hint: form }) : that.text('an expression')
  const told = message.isAbsent ? undefined : message.text()
  if (text === undefined || (told === undefined && !message.isAbsent)) return undefined
  try {
    const expression = parseExpression(text, policyVariables)
    return { expression, message: told ?? `not so: ${text}`, place: entry.place }
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    const at = error.column === undefined ? '' : `, at character ${error.column}`
    return that.wrong(`that: ${error.message}${at}`, { hint: `it may name ${policyVariables.join(', ')}` })
  }
}
