import type { Host } from '../../core/host.ts'
import { type ChangeNode, isMapping, shown } from '../../plan/file/node.ts'

/** What a drill must not go beyond, whatever its targets select. */
export interface BlastRadius {
  readonly maxHosts?: number
  /** Labels of hosts that are never touched. */
  readonly forbidden: readonly { readonly label: string; readonly value: string }[]
}

export function readBlastRadius(top: ChangeNode): BlastRadius {
  const max = top.child('max-hosts')
  const forbid = top.child('forbid')
  const { value } = max
  const isCount = typeof value === 'number' && Number.isSafeInteger(value) && value > 0
  if (!max.isAbsent && !isCount) max.wrong(`max-hosts must be a number of hosts, not ${shown(value)}`)
  return { ...(isCount && { maxHosts: value }), forbidden: readLabels(forbid) }
}

function readLabels(node: ChangeNode): BlastRadius['forbidden'] {
  if (node.isAbsent) return []
  const hint = 'write { role: primary }'
  if (!isMapping(node.value)) return node.wrong(`forbid must be labels, not ${shown(node.value)}`, { hint }) ?? []
  return [...(node.members('forbid', hint) ?? [])].flatMap(([label, member]) => {
    const value = member.scalar('the value of a label')
    return value === undefined ? [] : { label, value }
  })
}

/** Why the hosts are too many or the wrong ones; undefined when they are not. */
export function beyond({ maxHosts, forbidden }: BlastRadius, hosts: readonly Host[]): string | undefined {
  for (const { label, value } of forbidden) {
    const host = hosts.find(({ labels }) => labels[label] === value)
    if (host) return `${host.name} has the label ${label}: ${value}, which the playbook forbids`
  }
  if (maxHosts === undefined || hosts.length <= maxHosts) return undefined
  return `${hosts.length} hosts are selected, and the playbook allows ${maxHosts}`
}
