import { z } from 'zod'
import type { CheckResult, Found } from '../../core/check.ts'
import { worstVerdict } from '../../core/item.ts'
import { fileReading, notThere } from '../file-reading.ts'
import { defineHostCheck, textIn } from '../host-check.ts'
import { judgeFigure, type Limits, limitsOr, percentLimits, rounded } from '../limits.ts'
import { Unseen } from './look.ts'

const resources = ['cpu', 'memory', 'io'] as const
type Resource = (typeof resources)[number]

const Params = z.strictObject({
  resource: z.enum(resources).optional().describe('all three when absent'),
  of: z
    .enum(['some', 'full'])
    .optional()
    .describe('time in which some tasks waited, or all of them; some for cpu, full for the others when absent'),
  average: z
    .union([z.literal(10), z.literal(60), z.literal(300)])
    .default(60)
    .describe('of the last 10, 60 or 300 seconds'),
  ...percentLimits,
})
type Params = z.output<typeof Params>

const reading = (resource: Resource) => fileReading(`/proc/pressure/${resource}`)

/** A processor that always has work is no trouble by itself; memory that has to be waited for is. */
const usual: Readonly<Record<Resource, Limits>> = {
  cpu: { warn: 90 },
  memory: { warn: 10, fail: 40 },
  io: { warn: 50, fail: 90 },
}

/** Share of the time in which tasks waited for a resource (PSI; kernel 4.20 and later, unless it was built or started without). */
export default defineHostCheck({
  type: 'pressure',
  summary: 'time that tasks wait for processors, memory and disks',
  example: { resource: 'memory', warn: '5%', fail: '20%' },
  params: Params,
  title: ({ resource }) => `nothing waits long for ${resource ?? 'processors, memory and disks'}`,
  readings: ({ resource }) => (resource === undefined ? resources : [resource]).map(reading),
  judge(params, found) {
    const judged = (params.resource === undefined ? resources : [params.resource]).flatMap(
      resource => judgeOne(resource, { params, found }) ?? [],
    )
    const verdict = worstVerdict(judged.map(one => one.verdict))
    if (verdict === undefined) return { verdict: 'na', message: 'the kernel does not measure pressure' }
    const bad = judged.filter(one => one.verdict === verdict)
    return {
      verdict,
      message: (verdict === 'pass' ? judged : bad).map(({ message }) => message).join('; '),
      ...(verdict !== 'pass' && { reason: 'threshold' }),
      metrics: Object.assign({}, ...judged.map(({ metrics }) => metrics)),
    }
  },
})

interface Asked {
  readonly params: Params
  readonly found: Found
}

/** Undefined where the kernel does not tell. */
function judgeOne(resource: Resource, { params, found }: Asked): CheckResult | undefined {
  const { code, complaint } = found(reading(resource))
  if (code === notThere || /not supported/i.test(complaint)) return undefined
  const of = params.of ?? (resource === 'cpu' ? 'some' : 'full')
  const averages = new RegExp(`^${of} avg10=([\\d.]+) avg60=([\\d.]+) avg300=([\\d.]+)`, 'm').exec(
    textIn(found, reading(resource)),
  )
  // Before 5.13 the kernel tells no `full` of cpu.
  if (!averages && resource === 'cpu' && of === 'full') return undefined
  const value = Number(averages?.[{ 10: 1, 60: 2, 300: 3 }[params.average]])
  if (Number.isNaN(value)) throw new Unseen(`could not read /proc/pressure/${resource}: it has other figures`)
  const message = `${of === 'some' ? 'some tasks' : 'all tasks'} waited for ${resource} ${rounded(value)} % of ${params.average} s`
  return {
    ...judgeFigure(value, { limits: limitsOr(params, usual[resource]), message, unit: ' %' }),
    metrics: { [`${resource}_${of}_percent`]: value },
  }
}
