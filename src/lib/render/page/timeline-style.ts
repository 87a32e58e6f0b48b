import { textWidth } from '../text-width.ts'
import { tickStep } from './time-axis.ts'
import type { TimelineLayout } from './timeline-layout.ts'

/** The part of the style sheet that a timeline needs: the policy admits no style attributes, so every place and width in use is a rule. */
export function timelineStyle({ lengthMs, groups, ticks }: TimelineLayout): string {
  const bars = groups.flatMap(({ parts }) => parts.flat().flatMap(({ lanes }) => lanes.flat()))
  const places = unique([...bars, ...ticks].map(({ x }) => x)).map(x => `.x${x}{left:${x / 10}%}`)
  const widths = unique(bars.map(({ width }) => width)).map(width => `.w${width}{width:${width / 10}%}`)
  const longest = groups.flatMap(({ parts }) => parts.flat()).reduce((most, { name }) => Math.max(most, textWidth(name)), 0)
  const who = Math.min(20, Math.max(12, longest * 0.53 + 2)).toFixed(2)
  return `:root{--who:${who}rem;--tick:${((tickStep(lengthMs) * 100) / lengthMs).toFixed(4)}%}${style}${places.join('')}${widths.join('')}`
}

const unique = (values: readonly number[]): number[] => [...new Set(values)].sort((a, b) => a - b)

const style = `
.timeline{--what:9.5rem;--plain:var(--link)}
.plain{--tone:var(--plain)}
.key{display:flex;flex-wrap:wrap;align-items:center;justify-content:space-between;gap:.4rem 1.5rem;margin-bottom:.6rem}
.key ul{display:flex;flex-wrap:wrap;gap:.2rem 1.4rem;margin:0;padding:0;list-style:none;font-size:.9rem}
.key i{display:inline-block;width:1.5rem;height:.85rem;margin-right:.45rem;border-radius:2px;vertical-align:-.1em;background:var(--tone)}
.key button .count{color:inherit}
.chart{position:relative;background:var(--card);border:1px solid var(--line);border-radius:.4rem;padding-bottom:.35rem}
.row{display:grid;grid-template-columns:var(--who) minmax(0,1fr) var(--what);gap:0 .8rem;align-items:center;padding:0 .9rem;margin:0}
.row[hidden],.fold[hidden],.group[hidden]{display:none}
.who{font:.86rem/1.3 var(--mono);overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.row .sign{color:var(--tone);font-weight:700}
.what{display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:2;overflow:hidden;color:var(--soft);font-size:.83rem;line-height:1.25;font-variant-numeric:tabular-nums}
.row.bad>.what,.row.unknown>.what,.row.warn>.what{color:var(--tone)}
.lane{--bar:1.2rem;--room:.25rem;position:relative;display:block;height:calc(var(--bar) + 2*var(--room));margin:0;padding:0;list-style:none;background:repeating-linear-gradient(to right,var(--line) 0 1px,transparent 1px var(--tick))}
.lane li,.lane b{position:absolute;top:var(--room);height:var(--bar);min-width:3px;padding:0 .3rem;overflow:hidden;white-space:nowrap;text-overflow:ellipsis;font:500 .75rem/var(--bar) var(--mono);border-radius:2px;background:var(--tone);color:var(--card);box-shadow:inset -1px 0 var(--card);cursor:default}
.lane .n{padding:0;font-size:0}
.lane .bad,.lane .unknown{z-index:1}
.lane .bad::before{content:"✗ "}.lane .unknown::before{content:"? "}.lane .warn::before{content:"! "}
.lane .bad.n:not(.undone){top:.05rem;height:calc(var(--bar) + 2*var(--room) - .1rem)}
.lane [hidden]{display:none}
.timeline i.calm,.lane .calm{background:var(--card);color:var(--tone);box-shadow:inset 0 0 0 1.5px var(--tone)}
.timeline i.undone,.lane .undone{background:repeating-linear-gradient(135deg,color-mix(in srgb,var(--line) 50%,var(--tint-bad)) 0 3px,transparent 3px 7px) var(--tint-bad);color:var(--tone);box-shadow:inset 0 0 0 1px var(--tone)}
.lane .undone::before{content:"↩ "}
.lane :focus-visible{z-index:2;outline-offset:1px}
.axis{position:sticky;top:0;z-index:3;background:var(--card);border-bottom:1px solid var(--line);border-radius:.4rem .4rem 0 0}
.axis .lane{grid-column:2}
.axis i{position:absolute;bottom:.1rem;padding-left:.3rem;font:.78rem/1.3 var(--mono);color:var(--soft);white-space:nowrap}
.axis i.end{transform:translateX(-100%);padding:0 .3rem 0 0}
.timeline .group{margin:0}
.group+.group{border-top:1px solid var(--line)}
h3.row{justify-content:stretch;padding-top:.4rem;padding-bottom:.15rem;font-size:.9rem;color:var(--ink)}
h3 .who{font-family:inherit;font-size:.95rem;font-weight:650}
h3 .sum{font-weight:400;font-size:.85rem}
h3 .sum span{color:var(--tone);margin-right:.9rem;white-space:nowrap}
h3 .what{font-weight:400}
h3 button{min-height:0;padding:0 .5rem;font-size:.8rem;font-weight:400;color:var(--ink)}
h3 button[aria-pressed=true]{color:var(--paper)}
.zoomed .lane{overflow:hidden}
.fold>summary{list-style:none}
.fold>summary::-webkit-details-marker{display:none}
.fold>summary .count{color:var(--soft)}
.fold>summary .who::before{content:"▸ ";color:var(--soft)}
.fold[open]>summary .who::before{content:"▾ "}
.fold[open]{background:var(--paper)}
.tip{position:absolute;z-index:4;max-width:min(26rem,90%);padding:.4rem .65rem;border-radius:.35rem;background:var(--ink);color:var(--paper);font-size:.83rem;line-height:1.4;white-space:pre-line;pointer-events:none}
.tip[hidden]{display:none}
@media(max-width:60rem){.timeline{--who:10rem;--what:6.5rem}}
@media(max-width:34rem){
  .row{grid-template-columns:minmax(0,1fr) auto;padding:.1rem .6rem}
  .lane{--bar:.95rem;--room:.1rem}
  .row>.lane,.row>div,.row>span:not([class]),h3 .sum{grid-area:2/1/3/3}
  .row>.who,.row>.what{grid-row:1}
  .axis .lane{grid-area:1/1/2/3}
  .axis .odd{display:none}
  .lane .m{padding:0;font-size:0}}
@media print{
  .axis{position:static}
  .lane li,.lane b,.key i{-webkit-print-color-adjust:exact;print-color-adjust:exact}
  .row{break-inside:avoid}
  .key button,h3 button,.tip{display:none}}
`
