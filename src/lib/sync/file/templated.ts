import type { ChangeNode } from '../../plan/file/node.ts'
import { Template, TemplateError } from '../template.ts'

/** A text of the file itself that is filled in for each host. */
export function readTemplate(node: ChangeNode): Template | undefined {
  const text = node.text()
  if (text === undefined) return undefined
  try {
    return new Template(text, node.place)
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    return node.wrong(`${node.key}: ${error.message}`, { hint: error.hint })
  }
}

/** A command: a line for sh, or words that reach the program unchanged. */
export function readWords(node: ChangeNode): readonly Template[] | undefined {
  if (!Array.isArray(node.value)) {
    const line = readTemplate(node)
    return line && [new Template('sh'), new Template('-c'), line]
  }
  const entries = node.entries() ?? []
  if (entries.length === 0) return node.wrong(`${node.key} is an empty list`)
  const words = entries.map(readTemplate)
  return words.every(word => word !== undefined) ? words : undefined
}
