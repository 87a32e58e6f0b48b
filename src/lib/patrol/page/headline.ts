import { html, type Markup } from '../../render/page/markup.ts'
import type { Status, Tally } from '../view.ts'
import { figuresText } from './groups.ts'
import { problems, statuses, statusLooks } from './status-look.ts'

/** The patrol as a whole: the worst that is there. */
export function stateOf(tally: Tally): Status {
  return problems.find(status => tally[status] > 0) ?? (tally.pass > 0 ? 'pass' : 'pending')
}

/** What is wrong, or that nothing is, in words. */
export function headlineOf(tally: Tally): string {
  const total = totalOf(tally)
  if (total === 0) return 'nothing is watched'
  const checks = total === 1 ? 'check' : 'checks'
  const wrong = problems.filter(status => tally[status] > 0)
  const [first] = wrong
  if (first !== undefined)
    return `${wrong.map(status => `${tally[status]} ${statusLooks[status].word}`).join(', ')} of ${total} ${checks}`
  if (tally.pass === total) return total === 1 ? 'the one check is well' : `all ${total} checks are well`
  const rest = (['suppressed', 'pending', 'off'] as const).filter(status => tally[status] > 0)
  const others = rest.map(status => `${tally[status]} ${statusLooks[status].word}`).join(', ')
  return tally.pass === 0
    ? `nothing is known: ${others}`
    : `${tally.pass} ${tally.pass === 1 ? 'check is' : 'checks are'} well, ${others}`
}

/** The head of the overview: the words, the same as a bar, and the numbers. */
export function headline(tally: Tally): Markup {
  const state = stateOf(tally)
  const { sign, tone } = statusLooks[state]
  return html`<header id="head" class="${tone}">
<h1 class="verdict"><span aria-hidden="true">${sign}</span> ${headlineOf(tally)}</h1>
${bar(tally)}
<p class="sum">${figuresText(new Map(statuses.flatMap(status => (tally[status] > 0 ? [[status, tally[status]] as const] : []))))}</p>
</header>
`
}

const totalOf = (tally: Tally): number => statuses.reduce((sum, status) => sum + tally[status], 0)

/** Widths are attributes: the policy admits no style attribute. The words beside it say the same. */
function bar(tally: Tally): Markup {
  const total = totalOf(tally)
  if (total === 0) return html``
  let x = 0
  const parts = statuses.map(status => {
    const width = (tally[status] / total) * 100
    const part = html`<rect class="${statusLooks[status].tone}" x="${x.toFixed(3)}" width="${width.toFixed(3)}" height="1"/>`
    x += width
    return width === 0 ? html`` : part
  })
  return html`<svg class="bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">${parts}</svg>`
}
