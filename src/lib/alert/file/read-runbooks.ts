import type { FileNode } from '../../core/file-node.ts'
import type { Runbook } from '../runbook.ts'
import { parseTemplate } from '../template.ts'
import { matchKeys, readMatch } from './read-match.ts'

const runbookKeys = [...matchKeys, 'url'] as const

export function readRunbooks(node: FileNode): Runbook[] {
  if (node.isAbsent) return []
  const entries = node.entries('write `runbooks: [{ reason: tls-expired, url: "https://wiki.example.com/${reason}" }]`')
  return (entries ?? []).flatMap(entry => readRunbook(entry) ?? [])
}

function readRunbook(node: FileNode): Runbook | undefined {
  const members = node.members('a runbook', 'write `- { reason: tls-expired, url: https://wiki.example.com/tls }`')
  if (!members) return undefined
  for (const [key, member] of members) {
    if (!runbookKeys.some(known => known === key)) member.unknownKey(`unknown key '${key}' in a runbook`, runbookKeys)
  }
  const match = readMatch(node)
  const written = node.child('url')
  if (written.isAbsent) return written.wrong('a runbook needs a url')
  const text = written.text('a URL')
  if (text === undefined) return undefined
  try {
    const url = parseTemplate(text)
    // With something in place of what is known only later it must be a URL.
    const parsed = URL.parse(text.replaceAll(/\$\{[^}]*\}/g, 'x'))
    if (parsed && /^https?:$/.test(parsed.protocol)) return { match, url }
    return written.wrong(`${JSON.stringify(text)} is no URL`, { hint: 'it begins with https://' })
  } catch (error) {
    return written.wrong(`url: ${error instanceof Error ? error.message : error}`)
  }
}
