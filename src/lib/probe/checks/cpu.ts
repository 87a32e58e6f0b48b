import { z } from 'zod'
import { durationField } from '../../core/fields.ts'
import { fileReading } from '../file-reading.ts'
import { defineHostCheck } from '../host-check.ts'
import { judgeFigure, limitsOr, percentLimits, rounded } from '../limits.ts'
import { cpuTimes, modesBetween } from '../proc/cpu-times.ts'
import { Unseen } from './look.ts'

const Params = z.strictObject({
  ...percentLimits,
  over: durationField()
    .prefault('300ms')
    .refine(ms => ms >= 100 && ms <= 10_000, { error: 'is not between 100ms and 10s' })
    .describe('how long is watched, 100ms to 10s'),
})

const reading = (againAfterMs: number) => ({ ...fileReading('/proc/stat'), againAfterMs })

/** How busy the processors are during a moment: all time but idle and waiting for I/O (proc(5), /proc/stat). */
export default defineHostCheck({
  type: 'cpu',
  summary: 'how busy the processors are, by mode',
  example: { warn: '90%', fail: '98%' },
  params: Params,
  title: () => 'processors have time to spare',
  readings: ({ over }) => [reading(over)],
  judge(params, found) {
    const { again, ...first } = found(reading(params.over))
    if (first.code !== 0) throw new Unseen(`could not read /proc/stat: ${first.complaint || `status ${first.code}`}`)
    const before = cpuTimes(first.stdout.toString())
    const after = again && cpuTimes(again.stdout.toString())
    if (!before || !after) throw new Unseen('could not read /proc/stat twice')
    const modes = modesBetween(before, after)
    if (!modes) throw new Unseen('the clock of the processors did not move')
    const { busy, user, system, iowait, steal } = modes
    const told = Object.entries({ user, system, 'waiting for I/O': iowait, stolen: steal })
      .filter(([, percent]) => percent >= 0.5)
      .map(([mode, percent]) => `${mode} ${rounded(percent)} %`)
    const message = `${rounded(busy)} % busy${told.length > 0 ? ` (${told.join(', ')})` : ''}`
    return {
      ...judgeFigure(busy, { limits: limitsOr(params, { warn: 98 }), message, unit: ' %' }),
      metrics: { busy_percent: busy, user_percent: user, system_percent: system, iowait_percent: iowait, steal_percent: steal },
    }
  },
})
