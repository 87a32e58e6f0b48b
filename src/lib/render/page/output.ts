import type { RenderEnv } from '../../core/component.ts'
import type { OutputRef } from '../../core/item.ts'
import { formatSize } from '../../core/size.ts'
import { html, type Markup } from './markup.ts'

/** Text of all outputs together that a page holds, so that a browser stays quick. */
const pageBytes = 16 * 1024 * 1024

/** The most text for each of so many outputs. */
export const textLimit = (outputs: number): number =>
  Math.max(2048, Math.min(256 * 1024, Math.floor(pageBytes / Math.max(1, outputs))))

/** One output in a box that scrolls by keyboard too, with a note where it is cut. */
export async function textOf(ref: OutputRef, limitBytes: number, env: RenderEnv): Promise<Markup> {
  if (ref.bytes === 0)
    return html`<p class="note">no output</p>
`
  const { text, truncated } = await env.readOutput(ref, limitBytes)
  const kept = ref.file === undefined ? '' : `, kept in ${ref.file}`
  const note = truncated
    ? html`<p class="note">cut here: ${formatSize(ref.bytes)} in all${kept}</p>
`
    : html``
  // A line feed straight after <pre> is no part of the text.
  return html`<pre tabindex="0">
${text}</pre>
${note}`
}
