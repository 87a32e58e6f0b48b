// What every page stands on: the same colours, tones and type.

/** Custom properties, on paper. */
export const lightColours = `  --paper:#f6f7f9;--card:#fff;--ink:#1b1f24;--soft:#59636e;--line:#d9dee4;--code:#f1f3f5;
  --good:#1a7f37;--bad:#c5221f;--warn:#8f5b00;--unknown:#7a4fb5;--skipped:#6b7580;--link:#0b5fce;
  --tint-bad:#fdf0ef;--tint-unknown:#f6f1fc;--tint-warn:#fcf5e6;
`

/** The same in the dark. */
export const darkColours = `  --paper:#0f1216;--card:#171b21;--ink:#e5e9ee;--soft:#9aa5b1;--line:#2b323b;--code:#10141a;
  --good:#4cc26b;--bad:#ff7b72;--warn:#e0ae4a;--unknown:#c3a3f5;--skipped:#98a3ae;--link:#79b4ff;
  --tint-bad:#2a1717;--tint-unknown:#211b2e;--tint-warn:#272013`

export const fixedFont = `  --mono:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;`

export const bodyRules = `*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:anywhere}
`

/** A standing as a class gives its colour as --tone. */
export const tones = `.good{--tone:var(--good)}.bad{--tone:var(--bad)}.warn{--tone:var(--warn)}.unknown{--tone:var(--unknown)}.skipped{--tone:var(--skipped)}`
