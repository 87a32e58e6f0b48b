import { type ChangeNode, shown } from '../../plan/file/node.ts'
import { type SlaClass, slaClasses } from '../probed-check.ts'

/** What is said of a check besides what it looks at. */
export interface Heading {
  readonly labels: Readonly<Record<string, string>>
  readonly sla: SlaClass
  readonly dependsOn: readonly string[]
  /** Where it stands what to do when it is not well: a URL. */
  readonly runbook?: string
  /** So many good looks in a row end an incident, in `probe serve`. */
  readonly recoveries: number
}

// Of thousands of checks most have neither: those share one.
const noLabels: Readonly<Record<string, string>> = {}
const noNames: readonly string[] = []

export function readHeading(node: ChangeNode, defaults: ChangeNode): Heading | undefined {
  const sla = readSla(node.child('sla').isAbsent ? defaults.child('sla') : node.child('sla'))
  const own = { ...readLabels(defaults.child('labels')), ...readLabels(node.child('labels')) }
  const labels = Object.keys(own).length === 0 ? noLabels : own
  const dependsOn = readNames(node.child('depends_on'))
  const setting = (key: string): ChangeNode => (node.child(key).isAbsent ? defaults.child(key) : node.child(key))
  const runbook = readRunbook(setting('runbook'))
  const recoveries = readRecoveries(setting('recoveries'))
  if (sla === undefined || recoveries === undefined) return undefined
  return { labels, sla, dependsOn, recoveries, ...(runbook !== undefined && { runbook }) }
}

function readSla(node: ChangeNode): SlaClass | undefined {
  if (node.isAbsent) return 'P1'
  const found = slaClasses.find(each => each === node.value)
  return found ?? node.wrong(`sla must be ${slaClasses.join(', ')}, not ${shown(node.value)}`)
}

const defaultRecoveries = 2

function readRecoveries(node: ChangeNode): number | undefined {
  const { value } = node
  if (node.isAbsent) return defaultRecoveries
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 100) return value
  return node.wrong(`recoveries must be a whole number from 1 to 100, not ${shown(value)}`)
}

function readRunbook(node: ChangeNode): string | undefined {
  if (node.isAbsent) return undefined
  const text = node.text('a URL')
  if (text === undefined || (URL.canParse(text) && /^https?:/.test(text))) return text
  return node.wrong(`runbook must be a URL, not ${shown(text)}`, { hint: 'write https://wiki.example.com/runbooks/shop' })
}

function readLabels(node: ChangeNode): Record<string, string> {
  if (node.isAbsent) return {}
  const entries = [...(node.members('labels', 'write `labels: { env: prod }`') ?? [])]
  return Object.fromEntries(
    entries.flatMap(([key, member]) => {
      if (!/^[A-Za-z_]\w{0,62}$/.test(key))
        return member.wrong(`'${key}' can not be the name of a label`, { part: 'key', hint: 'letters, digits and _' }) ?? []
      const text = member.scalar('a text')
      return text === undefined ? [] : [[key, text]]
    }),
  )
}

/** One name, or a list of them. */
function readNames(node: ChangeNode): readonly string[] {
  if (node.isAbsent) return noNames
  const nodes = Array.isArray(node.value) ? (node.entries() ?? []) : [node]
  return nodes.flatMap(each => each.text('the name of a check') ?? [])
}
