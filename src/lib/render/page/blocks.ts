import type { RenderEnv } from '../../core/component.ts'
import type { Block, Report } from '../../core/report.ts'
import { hostsText } from '../hosts-text.ts'
import { ofOutcome, signOf } from '../standing.ts'
import { html, type Markup } from './markup.ts'
import { textLimit, textOf } from './output.ts'

/** Targets whose output is the same, the largest block open. */
export async function* pageBlocks(report: Report, env: RenderEnv): AsyncIterable<Markup> {
  const blocks = report.blocks ?? []
  if (blocks.length === 0) return
  const limit = textLimit(blocks.length)
  yield html`<section aria-labelledby="blocks">
<h2 id="blocks">Output <small>hosts that printed the same are folded together</small></h2>
`
  let open = true
  for (const block of blocks) {
    yield await blockDetails({ block, open, limit }, env)
    open = false
  }
  yield html`</section>
`
}

async function blockDetails(
  { block, open, limit }: { block: Block; open: boolean; limit: number },
  env: RenderEnv,
): Promise<Markup> {
  const standing = ofOutcome[block.outcome]
  const title = block.title === '' ? hostsText(block.hosts, env) : block.title
  const mark = standing === 'good' ? html`` : html` <span class="${standing}">${signOf[standing]} ${block.outcome}</span>`
  const body =
    block.diff === undefined ? await Promise.all(block.body.map(ref => textOf(ref, limit, env))) : [diffLines(block.diff)]
  return html`<details class="block"${open ? html` open` : ''}>
<summary><code>${title}</code> <span class="count">${block.hosts.length <= 1 ? '' : `${block.hosts.length} hosts`}</span>${mark}</summary>
${body}</details>
`
}

const diffClasses: Readonly<Record<string, string>> = { '+': 'added', '-': 'removed', '@': 'place' }

/** The sign at the start of a line says the same as its colour. */
function diffLines(diff: string): Markup {
  const lines = diff.replace(/\n$/, '').split('\n')
  return html`<pre class="diff" tabindex="0">
${lines.map(
  line => html`<span class="${diffClasses[line.charAt(0)] ?? 'same'}">${line}
</span>`,
)}</pre>
`
}
