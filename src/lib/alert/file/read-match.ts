import { alertSeverities } from '../../core/alert.ts'
import { readWords } from '../../core/file-fields.ts'
import type { FileNode } from '../../core/file-node.ts'
import { reasons } from '../../core/item.ts'
import { type Pattern, parsePattern } from '../../core/pattern.ts'
import type { LabelMatcher, Match } from '../match.ts'

/** Keys that say of which alerts something holds. */
export const matchKeys = ['severity', 'labels', 'reason'] as const

const allReasons = Object.keys(reasons)

export function readMatch(node: FileNode): Match {
  const severities = readWords(node.child('severity'), alertSeverities)
  const wanted = readWords(node.child('reason'), allReasons)
  return { ...(severities && { severities }), ...(wanted && { reasons: wanted }), labels: readLabels(node.child('labels')) }
}

function readLabels(node: FileNode): LabelMatcher[] {
  if (node.isAbsent) return []
  const members = node.members('labels', 'write `labels: { team: shop, env: "!=staging", service: "=~shop-.*" }`')
  return [...(members ?? [])].flatMap(([label, member]) => readLabel(label, member) ?? [])
}

function readLabel(label: string, node: FileNode): LabelMatcher | undefined {
  if (!/^[A-Za-z_][A-Za-z0-9_.-]{0,62}$/.test(label)) {
    return node.wrong(`'${label}' can not be the name of a label`, { part: 'key', hint: 'letters, digits, _ . and -' })
  }
  if (Array.isArray(node.value)) {
    const values = (node.entries() ?? []).flatMap(each => each.scalar('a text') ?? [])
    if (values.length === 0) return node.wrong(`labels: ${label} has no values`)
    return { label, text: values.join(' or '), negated: false, values }
  }
  // An empty text is what an alert without the label has.
  const text = node.value === '' ? '' : node.scalar('a text, or a list of them')
  return text === undefined ? undefined : matcherOf(text, { label, node })
}

function matcherOf(text: string, { label, node }: { readonly label: string; readonly node: FileNode }): LabelMatcher | undefined {
  const [, sign = '', rest = ''] = /^(=~|!~|!=|)([\s\S]*)$/.exec(text) ?? []
  const negated = sign.startsWith('!')
  if (!sign.endsWith('~')) return { label, text, negated, values: [rest] }
  const pattern = patternOf(rest, node)
  return pattern && { label, text, negated, values: [], pattern }
}

/** Of the whole value, as Prometheus and Alertmanager do. */
function patternOf(text: string, node: FileNode): Pattern | undefined {
  try {
    parsePattern(text)
    return parsePattern(`\\A(?:${text})\\z`)
  } catch (error) {
    // The flag is ours.
    const why = (error instanceof Error ? error.message : String(error)).replace('(?m)', '')
    return node.wrong(`${text} is no regular expression: ${why}`, {
      hint: 'RE2 syntax, without look-around and back references',
    })
  }
}
