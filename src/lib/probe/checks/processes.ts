import { z } from 'zod'
import type { CheckResult, Reading } from '../../core/check.ts'
import { worstVerdict } from '../../core/item.ts'
import { fileReading } from '../file-reading.ts'
import { defineHostCheck, textIn } from '../host-check.ts'
import { judgeFigure, type Limits } from '../limits.ts'
import { Unseen } from './look.ts'

const figures = ['processes', 'threads', 'zombies', 'blocked'] as const
type Figure = (typeof figures)[number]

const limit = z.int().min(0).optional()

const Params = z.strictObject({
  of: z
    .enum(figures)
    .optional()
    .describe('what is counted: all, their threads, those that have ended and that nobody waits for, those that wait for a disk'),
  warn: limit.describe('more is a warning'),
  fail: limit.describe('more is a failure'),
})

/** Those that end while they are looked at are left out. */
const table: Reading = { does: 'list the processes', script: 'cat /proc/[0-9]*/stat 2>/dev/null; :' }
const most = fileReading('/proc/sys/kernel/pid_max')

/** How many processes and threads there are, and in which states. */
export default defineHostCheck({
  type: 'processes',
  summary: 'number of processes, threads, zombies and processes that wait for a disk',
  example: { of: 'zombies', warn: 10, fail: 100 },
  params: Params,
  title: ({ of = 'processes' }) => `there are not too many ${of}`,
  readings: () => [table, most],
  judge(params, found) {
    const counts = countsIn(textIn(found, table))
    const { of } = params
    if (counts.processes === 0) throw new Unseen('could not list the processes: /proc tells of none')
    const message = `${counts.processes} processes with ${counts.threads} threads, ${counts.running} running, ${counts.blocked} blocked, ${counts.zombies === 1 ? '1 zombie' : `${counts.zombies} zombies`}`
    const metrics = { ...counts }
    if (of !== undefined || params.warn !== undefined || params.fail !== undefined) {
      const figure = of ?? 'processes'
      const judged = judgeFigure(counts[figure], { limits: params, message: `${counts[figure]} ${figure}` })
      return { ...judged, message: judged.verdict === 'pass' ? message : judged.message, metrics }
    }
    const judged = usualLimits(Number(textIn(found, most))).map(([figure, limits]) =>
      judgeFigure(counts[figure], { limits, message: `${counts[figure]} ${figure}` }),
    )
    const verdict = worstVerdict(judged.map(each => each.verdict)) ?? 'pass'
    const bad: Pick<CheckResult, 'verdict' | 'message' | 'reason'> | undefined = judged.find(
      each => each.verdict !== 'pass' && each.verdict === verdict,
    )
    return { verdict, message, ...bad, metrics }
  },
})

/** Every thread has a number, and there are only so many. */
const usualLimits = (pidMax: number): readonly (readonly [Figure, Limits])[] => [
  ['zombies', { warn: 20 }],
  ...(pidMax > 0 ? [['threads', { warn: Math.floor(0.8 * pidMax), fail: Math.floor(0.95 * pidMax) }] as const] : []),
]

interface Counts extends Record<Figure, number> {
  readonly running: number
}

/** Lines of /proc/PID/stat (proc(5)): a name between brackets may hold anything, then come the state and, at the 18th place, the threads. */
function countsIn(text: string): Counts {
  const all = [...text.matchAll(/\) ([A-Za-z]) (-?\d+(?: -?\d+){15}) (\d+)(?= )/g)]
  const inState = (states: string): number => all.filter(([, state = '']) => states.includes(state)).length
  return {
    processes: all.length,
    threads: all.reduce((sum, [, , , threads]) => sum + Number(threads), 0),
    running: inState('R'),
    blocked: inState('D'),
    zombies: inState('Z'),
  }
}
