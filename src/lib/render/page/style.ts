import type { Report } from '../../core/report.ts'
import { textWidth } from '../text-width.ts'
import { bodyRules, darkColours, fixedFont, lightColours, tones } from './ground.ts'
import type { TimelineLayout } from './timeline-layout.ts'
import { timelineStyle } from './timeline-style.ts'

/** The style sheet; the host column is as wide as the longest name, within reason. */
export function pageStyle({ items }: Report, timeline: TimelineLayout | undefined): string {
  const longest = items.reduce((most, { host }) => Math.max(most, textWidth(host ?? '')), 0)
  return `:root{--host:${(Math.min(30, Math.max(8, longest + 1)) * 0.53).toFixed(2)}rem}${style}${timeline ? timelineStyle(timeline) : ''}`
}

/**
 * Rows are grids of fixed columns and not table boxes, so that a browser need not lay out those out of sight (content-visibility).
 * Output starts under the first column: it takes back what the columns before it take (--before).
 */
const style = `
:root{
${lightColours}  --result:6.5rem;--name:13rem;--reason:9.5rem;--time:4.5rem;--gap:.9rem;
  --before:calc(var(--result) + var(--host) + var(--reason) + var(--time) + 4*var(--gap));
${fixedFont}
  color-scheme:light dark}
@media(prefers-color-scheme:dark){:root{
${darkColours}}}
${bodyRules}header,main,footer{max-width:86rem;margin:0 auto;padding:0 1.5rem}
header{padding-top:1.75rem;border-top:.35rem solid var(--tone)}
${tones}
.kind{margin:0;color:var(--soft);font-size:.85rem;letter-spacing:.02em}
h1{margin:.1rem 0 .5rem;font:600 1.35rem/1.3 var(--mono)}
.verdict{margin:0 0 .75rem;font-size:1.6rem;line-height:1.25;font-weight:650;color:var(--tone)}
.bar{display:block;width:100%;height:.5rem;border-radius:.25rem;background:var(--line)}
.bar rect{fill:var(--tone)}
dl{display:flex;flex-wrap:wrap;gap:.4rem 2.25rem;margin:1rem 0 0}
dl div{min-width:0}
dt{color:var(--soft);font-size:.8rem}
dd{margin:0}
dd small,h2 small{color:var(--soft);font-weight:400;font-size:.87rem}
.stopped{margin:1rem 0 0;padding:.6rem .9rem;border-left:.25rem solid var(--bad);background:var(--tint-bad);border-radius:.25rem}
section{margin-top:2.25rem}
h2{margin:0 0 .75rem;font-size:1.1rem;font-weight:650}
h3{display:flex;flex-wrap:wrap;justify-content:space-between;align-items:center;gap:.2rem .75rem;margin:0;font-size:1rem;font-weight:650;color:var(--tone)}
h4{margin:.5rem 0 .25rem;font-size:.8rem;color:var(--soft);font-weight:600}
.count,.note{color:var(--soft)}
.count{font-weight:400}
.note{margin:.4rem 0;font-size:.9rem}
code,pre,tbody .host{font-family:var(--mono);font-size:.92em}
.groups{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,24rem),1fr));gap:.9rem}
article{background:var(--card);border:1px solid var(--line);border-left:.25rem solid var(--tone);border-radius:.4rem;padding:.8rem 1rem}
article p{margin:.35rem 0 0}
.message{white-space:pre-wrap}
.hosts{max-height:6.2em;overflow:auto;color:var(--soft)}
button,input{font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);border-radius:.4rem;padding:.3rem .75rem;min-height:2.25rem}
button{cursor:pointer}
button:hover{border-color:var(--soft)}
button[aria-pressed=true]{background:var(--ink);color:var(--paper);border-color:var(--ink)}
article button{padding:.1rem .6rem;min-height:1.9rem;font-size:.85rem;font-weight:400;color:var(--ink)}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
.tools{display:flex;flex-wrap:wrap;align-items:center;gap:.5rem;position:sticky;top:0;z-index:1;padding:.5rem 0;background:var(--paper)}
.tools[hidden]{display:none}
#filter{flex:1 1 16rem;min-width:0}
#shown{color:var(--soft);font-variant-numeric:tabular-nums}
.chip .sign{color:var(--tone)}
.chip[aria-pressed=true] .sign{color:inherit}
table,thead,tbody{display:block}
table{background:var(--card);border:1px solid var(--line);border-radius:.4rem;overflow:hidden}
tr{display:grid;grid-template-columns:var(--result) var(--host) var(--reason) var(--time) minmax(0,1fr);gap:0 var(--gap);padding:.35rem .9rem;border-top:1px solid var(--line)}
tr[hidden]{display:none}
.named{--before:calc(var(--result) + var(--host) + var(--name) + var(--reason) + var(--time) + 5*var(--gap))}
.named tr{grid-template-columns:var(--result) var(--host) var(--name) var(--reason) var(--time) minmax(0,1fr)}
thead tr{border-top:0;color:var(--soft);font-size:.85rem}
.long tbody tr{content-visibility:auto;contain-intrinsic-size:auto 2.25rem}
tbody tr.bad{background:var(--tint-bad)}
tbody tr.unknown{background:var(--tint-unknown)}
tbody tr.warn{background:var(--tint-warn)}
th,td{padding:0;text-align:left;font-weight:inherit;min-width:0}
th button{all:unset;cursor:pointer;font-weight:600}
th button:focus-visible{outline:2px solid var(--link);outline-offset:2px}
th[aria-sort=ascending] button::after{content:" ▲"}
th[aria-sort=descending] button::after{content:" ▼"}
.result{color:var(--tone);font-weight:600}
thead th{font:inherit;color:inherit;font-weight:600}
.time{font-variant-numeric:tabular-nums;text-align:right;color:var(--soft)}
.more{white-space:pre-line}
.more details{white-space:normal}
summary{cursor:pointer;white-space:pre-line}
.more summary{list-style:none}
.more summary::-webkit-details-marker{display:none}
.more details:not([open])>summary{display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:3;overflow:hidden}
.more summary::before{content:"▸ ";color:var(--soft)}
.more [open]>summary::before{content:"▾ "}
.body{margin:.5rem 0 .4rem calc(-1*var(--before))}
pre{margin:.3rem 0;padding:.7rem .9rem;max-height:30rem;overflow:auto;background:var(--code);border:1px solid var(--line);border-radius:.4rem;font-size:.85rem;line-height:1.45;white-space:pre-wrap;tab-size:8}
.facts{gap:.3rem 1.75rem;margin:.2rem 0 .5rem;font-size:.9rem}
.block{background:var(--card);border:1px solid var(--line);border-radius:.4rem;margin-bottom:.6rem;padding:.55rem .9rem}
.block summary span{color:var(--tone,var(--soft))}
.added{color:var(--good)}.removed{color:var(--bad)}.place{color:var(--soft)}
footer{padding-top:2rem;padding-bottom:2rem;color:var(--soft);font-size:.85rem}
@media(max-width:60rem){
  thead{display:none}
  .unnamed tr,.named tr{grid-template-columns:auto minmax(0,1fr) auto;gap:.1rem .8rem;padding:.55rem .9rem}
  tbody .host{grid-area:1/2}
  tbody .time{grid-area:1/3}
  tbody .name,tbody .reason,tbody .more{grid-column:1/-1}
  tbody .reason:empty,tbody .more:empty{display:none}
  tbody .reason{color:var(--soft)}
  .long tbody tr{contain-intrinsic-size:auto 4rem}
  .body{margin-left:0}}
@media(max-width:34rem){
  header,main,footer{padding-left:1rem;padding-right:1rem}
  .verdict{font-size:1.35rem}
  .tools{position:static}
  .hosts{max-height:9em}}
@media print{
  .tools,article button{display:none}
  pre{max-height:none}
  .long tbody tr{content-visibility:visible}}
`
