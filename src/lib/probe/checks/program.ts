import { z } from 'zod'
import type { CheckJudgement, CheckPlace, CheckResult } from '../../core/check.ts'
import { defineCheck } from '../../core/component.ts'
import { durationField } from '../../core/fields.ts'
import { commandField } from '../../core/host-fields.ts'
import { reasons, verdicts, worstVerdict } from '../../core/item.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { parseParams } from '../../core/params.ts'
import type { Output } from '../../core/transport.ts'
import { lastWords } from '../../transport/host-script.ts'
import { judge, runToEnd, Unseen } from './look.ts'

const Params = z.strictObject({
  run: commandField().describe('the program and its arguments: a list of words, or a line for sh'),
  timeout: durationField().prefault('30s').describe('how long it may run'),
})

const reasonNames = Object.keys(reasons) as [keyof typeof reasons]

/** One line of such a program. */
const Line = z.object({
  verdict: z.enum(verdicts),
  message: z.string().min(1),
  dimension: z.string().min(1).max(100).optional(),
  reason: z.enum(reasonNames).optional(),
  metrics: z.record(z.string(), z.number()).optional(),
})

const maxLines = 1000

/**
 * Any program that prints a JSON object on a line for each thing that it judges, and ends with status 0:
 * `{"verdict":"fail","message":"queue has 812 jobs","dimension":"queue","reason":"threshold","metrics":{"jobs":812}}`.
 */
export default defineCheck({
  type: 'program',
  version: '1.0.0',
  summary: 'program of your own that prints its judgements as JSON lines',
  stability: 'beta',
  schema: jsonSchemaOf(Params),
  example: { run: ['echo', '{"verdict":"pass","message":"all is well"}'] },
  build(config) {
    const { run, timeout } = parseParams(Params, config)
    const title = `program ${typeof run === 'string' ? run : run.join(' ')}`.slice(0, 80)
    const argv = typeof run === 'string' ? ['sh', '-c', run] : run
    const look = async (place: CheckPlace): Promise<CheckResult> =>
      resultOf(await runToEnd(place, { argv }, { does: `run ${title}`, timeoutMs: timeout }))
    return { title, run: place => judge(() => look(place)) }
  },
})

function resultOf(output: Output): CheckResult {
  if (output.code !== 0) {
    const how = output.code === null ? `SIG${output.signal}` : `status ${output.code}`
    throw new Unseen(`the program ended with ${how}${lastWords(output) && `: ${lastWords(output)}`}`)
  }
  const lines = Buffer.from(output.stdout)
    .toString()
    .split('\n')
    .filter(line => line.trim() !== '')
  if (lines.length === 0) throw new Unseen('the program judged nothing: it printed no line')
  if (lines.length > maxLines) throw new Unseen(`the program printed ${lines.length} lines, more than ${maxLines}`)
  const judgements = lines.map(judgementOf)
  const verdict = worstVerdict(judgements.map(judgement => judgement.verdict))
  const worst = judgements.find(judgement => judgement.verdict === verdict)
  if (!worst) throw new Unseen('the program judged nothing')
  const { dimension: _, ...result } = worst
  return { ...result, ...(judgements.length > 1 && { judgements }), evidence: Buffer.from(output.stdout).toString() }
}

/** @throws Unseen with the number of the line */
function judgementOf(line: string, index: number): CheckJudgement {
  const wrong = (why: string): Unseen => new Unseen(`line ${index + 1} of the program ${why}`)
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    throw wrong(`is not JSON: ${line.slice(0, 60)}`)
  }
  const read = Line.safeParse(value)
  if (!read.success) {
    const [issue] = read.error.issues
    throw wrong(`is not a judgement: ${issue?.path.join('.') || 'it'}: ${issue?.message}`)
  }
  const { verdict, message, reason, metrics, dimension = String(index + 1) } = read.data
  return { dimension, verdict, message, ...(reason && { reason }), ...(metrics && { metrics }) }
}
