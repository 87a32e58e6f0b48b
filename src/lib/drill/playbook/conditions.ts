import { ExpressionError, type FigureCondition, parseFigureCondition } from '../../core/expression.ts'
import { nearest } from '../../core/nearest.ts'
import type { ChangeNode } from '../../plan/file/node.ts'
import { figureNames } from '../verifier/figures.ts'

/** One condition in CEL, or a list of them, over the figures of these probes. */
export function readConditions(node: ChangeNode, probes: readonly string[]): readonly FigureCondition[] {
  if (node.isAbsent) return []
  const nodes = Array.isArray(node.value) ? (node.entries() ?? []) : [node]
  return nodes.flatMap(each => readCondition(each, probes) ?? [])
}

function readCondition(node: ChangeNode, probes: readonly string[]): FigureCondition | undefined {
  const text = node.text('a condition like recovery_seconds <= 30')
  if (text === undefined) return undefined
  if (probes.length === 0) return node.wrong(`nothing measures ${text}`, { hint: 'name under probes: what is to be sampled' })
  try {
    const condition = parseFigureCondition(text, figureNames)
    return judgeNames(node, text, probes) ? condition : undefined
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    const [, unknown] = /^unknown (?:variable|function): (\w+)/.exec(error.message) ?? []
    const close = unknown === undefined ? undefined : nearest(unknown, figureNames)
    const known = unknown === undefined ? undefined : `there are ${figureNames.join(', ')}`
    const at = error.column === undefined ? '' : `, at its character ${error.column}`
    return node.wrong(`'${text}'${at}: ${error.message}`, { hint: close ? `did you mean ${close}?` : known })
  }
}

/** A name in a part that is never evaluated would never be missed. */
function judgeNames(node: ChangeNode, text: string, probes: readonly string[]): boolean {
  const pattern = new RegExp(`\\b(?:${figureNames.join('|')})\\(\\s*(?:'([^']*)'|"([^"]*)")\\s*\\)`, 'g')
  const asked = [...text.matchAll(pattern)].map(([, single, double]) => single ?? double ?? '')
  const unknown = asked.find(name => !probes.includes(name))
  if (unknown === undefined) return true
  const close = nearest(unknown, probes)
  node.wrong(`there is no probe '${unknown}'`, { hint: close ? `did you mean ${close}?` : `there are ${probes.join(', ')}` })
  return false
}
