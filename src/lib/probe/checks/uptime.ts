import { z } from 'zod'
import { formatDuration } from '../../core/duration.ts'
import { durationField } from '../../core/fields.ts'
import { fileReading } from '../file-reading.ts'
import { defineHostCheck, textIn } from '../host-check.ts'
import { Unseen } from './look.ts'

const Params = z.strictObject({
  min: durationField().prefault('10m').describe('a warning when it started later than so long ago'),
  max: durationField().optional().describe('a warning when it runs for longer, as after updates that need a restart'),
})

const reading = fileReading('/proc/uptime')

/** How long the host runs. */
export default defineHostCheck({
  type: 'uptime',
  summary: 'host that did not just restart, and did not run for too long',
  example: { min: '5m', max: '365d' },
  params: Params,
  title: () => 'time since the host started',
  readings: () => [reading],
  judge({ min, max }, found) {
    const seconds = Number.parseFloat(textIn(found, reading))
    if (Number.isNaN(seconds)) throw new Unseen('could not read /proc/uptime: it has no figures')
    const metrics = { uptime_seconds: seconds }
    const message = `started ${formatDuration(seconds * 1000)} ago`
    const beyond =
      seconds * 1000 < min
        ? `less than ${formatDuration(min)}`
        : max !== undefined && seconds * 1000 > max
          ? `more than ${formatDuration(max)}`
          : ''
    return beyond
      ? { verdict: 'warn', reason: 'threshold', message: `${message}, ${beyond}`, metrics }
      : { verdict: 'pass', message, metrics }
  },
})
