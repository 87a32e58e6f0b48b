/**
 * opsctl as src/main.ts makes it, that kills itself at `OPSCTL_TEST_KILL=KIND#N`: the n-th time (from 1) that it passes a point whose first
 * word is KIND. Every point that it passes goes to the file OPSCTL_TEST_POINTS, one a line, the fatal one included. At the first point of the
 * kind `after-do` its wall clock is set by OPSCTL_TEST_JUMP milliseconds.
 */
import { appendFileSync } from 'node:fs'
import { dispatch } from '../../src/lib/cli/dispatch.ts'
import type { Clock } from '../../src/lib/core/clock.ts'
import { systemIo } from '../../src/lib/io/system.ts'
import { systemClock } from '../../src/lib/io/system-clock.ts'
import { commands, components, globals } from '../../src/registry.generated.ts'

const { OPSCTL_TEST_KILL: fatal = '', OPSCTL_TEST_POINTS: points, OPSCTL_TEST_JUMP: jump = '0', ...env } = process.env
const passes = new Map<string, number>()
let setBy = 0
const clock: Clock = { ...systemClock, now: () => systemClock.now() + setBy }

function passed(point: string): void {
  const [kind = ''] = point.split(' ')
  const nth = (passes.get(kind) ?? 0) + 1
  passes.set(kind, nth)
  if (kind === 'after-do') setBy = Number(jump)
  if (points !== undefined) appendFileSync(points, `${point}\n`)
  if (fatal === `${kind}#${nth}`) process.kill(process.pid, 'SIGKILL')
}

const exit = await dispatch({
  argv: process.argv.slice(2),
  env,
  cwd: process.cwd(),
  home: process.env['HOME'],
  uid: process.getuid?.() ?? 0,
  clock,
  random: Math.random,
  program: { version: '1.2.3', globals, commands, components },
  io: async color => systemIo({ clock, env, color }),
  signals: { on: (signal, listener) => void process.on(signal, listener) },
  collectGarbage: () => {},
  passed,
  stopHard: code => process.exit(code),
})
process.exit(exit)
