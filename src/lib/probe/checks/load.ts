import { z } from 'zod'
import { fileReading } from '../file-reading.ts'
import { defineHostCheck, textIn } from '../host-check.ts'
import { judgeFigure, limitsOr } from '../limits.ts'
import { cpuCount } from '../proc/cpu-times.ts'
import { Unseen } from './look.ts'

const limit = z.number().positive().optional()

const Params = z.strictObject({
  warn: limit.describe('more than so much for each processor is a warning: 2'),
  fail: limit.describe('more than so much for each processor is a failure: 4'),
  average: z
    .union([z.literal(1), z.literal(5), z.literal(15)])
    .default(5)
    .describe('which average is judged: that of the last 1, 5 or 15 minutes'),
})

const loads = fileReading('/proc/loadavg')
const processors = fileReading('/proc/stat')

/** How many processes want to run or wait for a disk, for each processor. */
export default defineHostCheck({
  type: 'load',
  summary: 'load for each processor',
  example: { warn: 2, fail: 5, average: 15 },
  params: Params,
  title: ({ average }) => `load of the last ${average === 1 ? 'minute' : `${average} minutes`}`,
  readings: () => [loads, processors],
  judge(params, found) {
    const [one = Number.NaN, five = Number.NaN, fifteen = Number.NaN] = textIn(found, loads).trim().split(' ').map(Number)
    if (Number.isNaN(one + five + fifteen)) throw new Unseen('could not read /proc/loadavg: it has other figures')
    const count = cpuCount(textIn(found, processors))
    if (count === 0) throw new Unseen('could not read /proc/stat: it tells of no processor')
    const perCore = { 1: one, 5: five, 15: fifteen }[params.average] / count
    const cores = count === 1 ? '1 processor' : `${count} processors`
    const message = `${one}, ${five}, ${fifteen} on ${cores}: ${perCore.toFixed(2)} for each in ${params.average} min`
    return {
      ...judgeFigure(perCore, { limits: limitsOr(params, { warn: 4, fail: 16 }), message }),
      metrics: { load1: one, load5: five, load15: fifteen, load_per_processor: perCore, processors: count },
    }
  },
})
