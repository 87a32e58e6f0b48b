import { bodyRules, darkColours, fixedFont, lightColours, tones } from '../../render/page/ground.ts'

/** The style sheet of all pages of the patrol. */
export const pageStyle = `:root{
${lightColours}${fixedFont}
  color-scheme:light dark}
@media(prefers-color-scheme:dark){:root{
${darkColours}}}
${bodyRules}${tones}
.skipped{--tone:var(--soft)}
nav,header,main,footer{max-width:96rem;margin:0 auto;padding:0 1.5rem}
a{color:var(--link);text-decoration-thickness:1px;text-underline-offset:.15em}
:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:2px}
h2:focus{outline:0}
.vh{position:absolute;width:1px;height:1px;margin:-1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.skip{position:absolute;left:-999rem;z-index:5;padding:.5rem .9rem;background:var(--card);border:1px solid var(--line)}
.skip:focus{left:.5rem;top:.5rem}
[hidden]{display:none!important}

nav{display:flex;flex-wrap:wrap;align-items:baseline;gap:.2rem 1.4rem;padding-top:.7rem;padding-bottom:.6rem}
nav a[aria-current]{color:inherit;text-decoration:none;font-weight:600;box-shadow:0 2px var(--ink)}
.live{margin-left:auto;color:var(--soft);font-size:.87rem;font-variant-numeric:tabular-nums}
.live.on::before{content:"";display:inline-block;width:.55rem;height:.55rem;margin-right:.4rem;border-radius:50%;background:var(--good)}
.live.lost{color:var(--bad);font-weight:600}
header{padding-top:1rem}
body::before{content:"";display:block;height:.3rem;background:var(--line)}
h1{margin:.1rem 0 .6rem;font-size:1.6rem;line-height:1.25;font-weight:650}
.verdict{color:var(--tone)}
p.verdict{margin:0 0 .2rem;font-size:1.2rem}
h2{margin:0 0 .6rem;font-size:1.1rem;font-weight:650}
h3{margin:0;font-size:1rem;font-weight:650}
small,.note,.kind,.why,.classes,.when,.for,.metrics{color:var(--soft)}
h2 small{font-weight:400;font-size:.9em}
.kind{margin:0}
.note{margin:.5rem 0;font-size:.9rem}
.bar{display:block;width:100%;height:.5rem;border-radius:.25rem;background:var(--line)}
.bar rect{fill:var(--tone)}
.sum{display:flex;flex-wrap:wrap;gap:.1rem 1.1rem;margin:.5rem 0 0;font-size:.93rem;font-variant-numeric:tabular-nums}
.sum>span,summary>span,.st{color:var(--tone)}
.sum .classes{display:flex;flex-wrap:wrap;gap:0 1.1rem;margin-left:auto;color:var(--soft)}
.st{font-weight:600;white-space:nowrap}
.st b,.sum b,summary b{display:inline-block;min-width:.8em;font-weight:700}
section{margin-top:1.75rem}
.message,.msg{white-space:pre-line}
.message{margin:.3rem 0}
.why{display:block;font-size:.87rem}
p.why{margin:.2rem 0}
.facts{display:flex;flex-wrap:wrap;gap:.1rem 1.5rem;margin:.4rem 0 0;font-size:.93rem}
.host,code,pre{font-family:var(--mono);font-size:.92em}
.tag{display:inline-block;padding:0 .45rem;border:1px solid var(--warn);border-radius:.7rem;color:var(--warn);font-size:.8rem;line-height:1.4;white-space:nowrap;vertical-align:.08em}
.runbook{display:inline-block;padding:.15rem 0;font-size:.9rem}
ul{margin:0;padding:0;list-style:none}
.incidents,.rows,.failures,.dimensions,.fold{background:var(--card);border:1px solid var(--line);border-radius:.4rem}
.incidents>li,.failures>li,.dimensions>li{display:grid;grid-template-columns:6.5rem minmax(0,1fr) auto;gap:0 1rem;padding:.5rem .9rem;border-left:.25rem solid var(--tone)}
li+li{border-top:1px solid var(--line)}
.incidents>li:first-child,.failures>li:first-child{border-top-left-radius:.3rem}
.incidents .when,.failures .when,.metrics{text-align:right;font-size:.87rem;font-variant-numeric:tabular-nums}
.for{display:block;color:var(--ink)}
.tools{display:flex;flex-wrap:wrap;align-items:end;gap:.5rem .9rem;margin-bottom:.9rem}
.tools label{display:grid;color:var(--soft);font-size:.8rem}
.tools .text{flex:1 1 14rem;max-width:26rem}
.tools select{max-width:14rem}
button,input,select{font:inherit;font-size:.95rem;color:var(--ink);background:var(--card);border:1px solid var(--skipped);border-radius:.35rem;padding:.25rem .6rem;min-height:2.2rem}
input[type=search]{width:100%}
button{cursor:pointer}
#shown{align-self:center;color:var(--soft);font-variant-numeric:tabular-nums}
.checks .group{margin-top:1.25rem}
.group{display:grid;grid-template-columns:minmax(0,auto) minmax(0,1fr);gap:.1rem 1.2rem;align-items:baseline}
.group .sum{margin:0}
.group .rows,.group .fold{grid-column:1/-1}
.group .loud{margin-top:.35rem}
.loud:empty,.loud:not(:has(li:not([hidden]))){display:none}
.group .fold{margin-top:.35rem}
.fold .rows{border:0;border-top:1px solid var(--line);border-radius:0}
summary{cursor:pointer}
#open details,.failures+details{margin-top:.35rem}
.fold>summary{padding:.3rem .9rem}
.fold>summary>span{margin-right:.8rem}
.row{display:grid;grid-template-columns:7.2rem minmax(9rem,14rem) minmax(0,1fr) 14.5rem 7.6rem 10.6rem;grid-template-areas:"st who said up lat when" "st who said cert cert when";grid-template-rows:auto 1fr;gap:0 1rem;padding:.4rem .9rem;border-left:.25rem solid transparent;content-visibility:auto;contain-intrinsic-size:auto 3.4rem}
.loud .row{border-left-color:var(--tone)}
.loud .row.bad{background:var(--tint-bad)}.loud .row.unknown{background:var(--tint-unknown)}.loud .row.warn{background:var(--tint-warn)}
.row .st{grid-area:st}.row .who{grid-area:who}.row .said{grid-area:said}.row .up{grid-area:up}.row .lat{grid-area:lat}.row .cert{grid-area:cert}.row .when{grid-area:when}
.who small{display:block;font-size:.83rem}
.who a{font-weight:600;color:var(--ink)}
.said .msg{display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:3;overflow:hidden}
.up,.lat{display:flex;align-items:center;gap:.5rem;font-size:.87rem;font-variant-numeric:tabular-nums;white-space:nowrap}
.up{justify-content:space-between}
.bars{flex:1;width:9rem;height:1rem;min-width:0}
.bars path{fill:none;stroke:var(--tone);stroke-width:3}
.bars .good{stroke-width:16;stroke-dasharray:3 1}
.bars .blank{stroke:var(--line);stroke-width:3;stroke-dasharray:3 1}
.bars .bad,.bars .warn{stroke-width:3}
.bars .good{opacity:.55}
.up>span{min-width:4.1rem;text-align:right}
.lat{justify-content:flex-end}
.spark{width:3.6rem;height:1rem}
.spark path,.chart path{fill:none;stroke:var(--link);stroke-width:1.5;vector-effect:non-scaling-stroke}
.ms{min-width:3.2rem;text-align:right}
.cert{font-size:.83rem;color:var(--soft);text-align:right}
.cert.soon{color:var(--warn);font-weight:600}
.when{font-size:.8rem;line-height:1.35;font-variant-numeric:tabular-nums}
.row .since{display:block}
.wide{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,28rem),1fr));gap:1rem 2rem}
figure{margin:0}
figcaption{margin-bottom:.3rem;font-size:.93rem}
.wide .bars{display:block;width:100%;height:2.2rem}
figure details{margin-top:.3rem}
.chart{display:block;width:100%;height:7.5rem;background:var(--card);border:1px solid var(--line);border-radius:.4rem}
.chart .under{fill:var(--link);stroke:none;opacity:.13}
.axis{margin:.15rem 0 0;color:var(--soft);font-size:.83rem}
.scroll{max-height:24rem;overflow:auto;margin-top:.4rem}
table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums;background:var(--card)}
table{overflow-wrap:normal}
th,td{padding:.2rem .8rem;border:1px solid var(--line);text-align:left;vertical-align:top}
th{font-weight:600}
tbody th{font-weight:400;white-space:nowrap}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,18rem),1fr));gap:.5rem 1.5rem;margin:0 0 .8rem}
dt{color:var(--soft);font-size:.83rem}
dd{margin:0}
pre{margin:.3rem 0;padding:.6rem .8rem;max-height:24rem;overflow:auto;background:var(--code);border:1px solid var(--line);border-radius:.4rem;font-size:.85rem;line-height:1.45;white-space:pre-wrap;tab-size:8}
.tip{position:absolute;z-index:4;padding:.25rem .55rem;border-radius:.3rem;background:var(--ink);color:var(--paper);font-size:.83rem;pointer-events:none;white-space:nowrap}
.fresh{animation:fresh 2s}
@keyframes fresh{from{box-shadow:inset 0 0 0 2px var(--tone)}}
footer{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;padding-top:2rem;padding-bottom:2rem;color:var(--soft);font-size:.87rem}
@media(max-width:74rem){
  .row{grid-template-columns:7.2rem minmax(0,1fr) 14rem 8.4rem;grid-template-areas:"st who up lat" "st said cert when"}
  .who small{display:inline}}
@media(max-width:46rem){
  nav,header,main,footer{padding-left:1rem;padding-right:1rem}
  h1{font-size:1.3rem}
  .live{margin-left:0;width:100%}
  .tools label{flex:1 1 8rem;min-width:0}
  .tools .text{flex-basis:100%;max-width:none}
  .tools select{width:100%;max-width:none}
  .group{display:block}
  .sum .classes{margin-left:0}
  .incidents>li,.failures>li,.dimensions>li{grid-template-columns:auto minmax(0,1fr);padding:.5rem .75rem}
  .incidents .what,.failures .what,.dimensions .what,.metrics{grid-column:1/-1;grid-row:2;text-align:left}
  .metrics{grid-row:3}
  .for{display:inline;margin-left:.4rem}
  .row{grid-template-columns:auto minmax(0,1fr) auto;grid-template-areas:"st st when" "who who who" "said said said" "up up lat" "cert cert cert";gap:.1rem .8rem;padding:.5rem .75rem;contain-intrinsic-size:auto 7rem}
  .row .since{display:none}
  .said:empty,.cert:empty{display:none}
  .bars{width:auto}
  .cert{text-align:left}}
@media(prefers-reduced-motion:reduce){.fresh{animation:none;box-shadow:inset 0 0 0 2px var(--tone)}}
@media(forced-colors:active){.bars,.spark,.chart,.bar{forced-color-adjust:none}}
@media print{
  nav,.tools,.skip,footer a{display:none}
  details::details-content{content-visibility:visible;height:auto}
  .row{content-visibility:visible;break-inside:avoid}
  .incidents>li,.loud .row{-webkit-print-color-adjust:exact;print-color-adjust:exact}
  .scroll,pre{max-height:none}}
`
