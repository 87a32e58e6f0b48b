import type { RenderEnv } from '../core/component.ts'
import type { Block } from '../core/report.ts'
import { formatSize } from '../core/size.ts'
import { hostsText } from './hosts-text.ts'
import { inColour, ofOutcome, signOf } from './standing.ts'
import { textWidth } from './text-width.ts'
import { oneLine, visible } from './visible-text.ts'

/** Text of one output that is shown at most. */
const shownBytes = 16 * 1024 * 1024

/** Targets with the same output as one block under a header between dashes, as `clush -b` prints it. */
export async function* blockText(block: Block, env: RenderEnv): AsyncIterable<string> {
  const standing = ofOutcome[block.outcome]
  const title = block.title === '' ? hostsText(block.hosts, env) : oneLine(block.title)
  const count = block.hosts.length > 1 ? ` (${block.hosts.length})` : ''
  const verdict = standing === 'good' ? '' : ` ${signOf[standing]} ${block.outcome}`
  const header = title + count + verdict
  const rule = env.style.dim('-'.repeat(Math.min(Math.max(15, textWidth(header)), env.width > 0 ? env.width : 80)))
  yield `${rule}\n${env.style.name(title)}${count}${verdict === '' ? '' : inColour(standing, verdict, env)}\n${rule}\n`
  if (block.diff !== undefined) {
    yield diffText(block.diff, env)
    return
  }
  for (const ref of block.body) {
    const { text, truncated } = await env.readOutput(ref, shownBytes)
    if (text !== '') yield endLine(visible(text))
    if (truncated)
      yield env.style.warn(
        `(cut here: ${formatSize(ref.bytes)} in all${ref.file === undefined ? '' : `, kept in ${oneLine(ref.file)}`})\n`,
      )
  }
}

function diffText(diff: string, { style }: RenderEnv): string {
  const paint: Readonly<Record<string, (text: string) => string>> = { '+': style.good, '-': style.bad, '@': style.dim }
  const lines = endLine(visible(diff)).slice(0, -1).split('\n')
  return lines.map(line => `${(paint[line.charAt(0)] ?? String)(line)}\n`).join('')
}

const endLine = (text: string): string => (text.endsWith('\n') ? text : `${text}\n`)
