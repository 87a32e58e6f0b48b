import { expect, test } from 'bun:test'

const seen = "console.log((await import('./src/lib/io/ignored-signals.ts')).ignoredSignals()('SIGHUP'))"

test.each([
  [true, 'a caller like nohup', "trap '' HUP; "],
  [false, 'a caller that ignores nothing', ''],
])(
  'says %p of SIGHUP under %s',
  (ignored, _caller, before) => {
    const { stdout } = Bun.spawnSync(['sh', '-c', `${before}exec ${process.execPath} -e "${seen}"`], { stderr: 'inherit' })
    expect(stdout.toString().trim()).toBe(String(ignored))
  },
  60_000,
)
