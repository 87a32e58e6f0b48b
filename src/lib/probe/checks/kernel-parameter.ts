import { z } from 'zod'
import type { CheckResult } from '../../core/check.ts'
import { procPath } from '../../plan/steps/sysctl.ts'
import { fileReading } from '../file-reading.ts'
import { defineHostCheck, seenIn } from '../host-check.ts'

const Params = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9_-]+([./][A-Za-z0-9_:@-]+)+$/, 'is not the name of a setting, such as vm.swappiness')
      .describe('as sysctl names it; a dot inside an interface name is written as /'),
    value: z
      .union([z.string().regex(/^[^\0\n]+$/), z.int()])
      .optional()
      .describe('what it must be'),
    min: z.number().optional().describe('at least so much'),
    max: z.number().optional().describe('at most so much'),
  })
  .refine(({ value, min, max }) => [value, min, max].some(wish => wish !== undefined), { error: 'needs value, min or max' })
type Params = z.output<typeof Params>

const reading = (name: string) => fileReading(procPath(name))

/** A setting of the running kernel. */
export default defineHostCheck({
  type: 'kernel-parameter',
  summary: 'setting of the running kernel, as sysctl shows it',
  example: { name: 'kernel.randomize_va_space', value: 2 },
  params: Params,
  title: ({ name }) => `${name} is as expected`,
  readings: ({ name }) => [reading(name)],
  judge(params, found) {
    const text = seenIn(found, reading(params.name))
    if (text === undefined) return { verdict: 'fail', reason: 'missing', message: `the kernel has no setting ${params.name}` }
    return verdictOf(params, words(text))
  },
})

function verdictOf({ name, value, min, max }: Params, now: string): CheckResult {
  const number = Number(now)
  const metrics = now !== '' && Number.isFinite(number) ? { metrics: { value: number } } : {}
  const fail = (reason: 'state' | 'threshold', than: string): CheckResult => ({
    verdict: 'fail',
    reason,
    message: `${name} is ${now}, ${than}`,
    ...metrics,
  })
  if (value !== undefined && now !== words(String(value))) return fail('state', `not ${words(String(value))}`)
  if ((min !== undefined || max !== undefined) && !('metrics' in metrics)) return fail('state', 'which is no number')
  if (min !== undefined && number < min) return fail('threshold', `less than ${min}`)
  if (max !== undefined && number > max) return fail('threshold', `more than ${max}`)
  return { verdict: 'pass', message: `${name} is ${now}`, ...metrics }
}

/** Several numbers stand with tabs between them in the kernel, with blanks in what people write. */
const words = (text: string): string => text.trim().replace(/\s+/g, ' ')
