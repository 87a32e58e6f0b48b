import { z } from 'zod'
import type { Check, CheckPlace, CheckResult } from '../../core/check.ts'
import { defineCheck } from '../../core/component.ts'
import { durationField } from '../../core/fields.ts'
import { commandField, patternField } from '../../core/host-fields.ts'
import type { Json } from '../../core/json.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { parseParams } from '../../core/params.ts'
import { lastWords } from '../../transport/host-script.ts'
import { judge, runToEnd, Unseen } from './look.ts'

const Params = z.strictObject({
  run: commandField().describe('a line for sh, or a list of words; it must not change anything'),
  exit: z.int().min(0).max(255).default(0).describe('the status that it must end with'),
  stdout: z
    .strictObject({
      contains: z.string().optional().describe('a text that must be in it'),
      matches: patternField()
        .optional()
        .describe('a regular expression (JavaScript, every line on its own) that must find something in it'),
    })
    .optional(),
  timeout: durationField().prefault('30s').describe('how long it may run'),
})
type Params = z.output<typeof Params>

/** A command of the user as a check. One that can not be started (status 126, 127) or takes too long gives no verdict. */
export default defineCheck({
  type: 'command',
  version: '1.0.0',
  summary: 'command of your own that must end with a status, and print something',
  stability: 'beta',
  schema: jsonSchemaOf(Params),
  example: { run: ['uname', '-s'], stdout: { contains: 'Linux' } },
  build: config => commandCheck(config),
})

function commandCheck(config: Json): Check {
  const params = parseParams(Params, config)
  return { title: titleOf(params), run: place => judge(() => look(place, params)) }
}

async function look(place: CheckPlace, params: Params): Promise<CheckResult> {
  const { run, exit, stdout, timeout } = params
  const title = titleOf(params)
  const command = { argv: typeof run === 'string' ? ['sh', '-c', run] : run }
  const output = await runToEnd(place, command, { does: `run ${title}`, timeoutMs: timeout })
  const { code } = output
  const words = lastWords(output, 5)
  if (code !== exit) {
    if (code === 126 || code === 127) throw new Unseen(`could not run ${title}: ${words || `status ${code}`}`)
    const how = code === null ? `SIG${output.signal}` : `status ${code}`
    return {
      verdict: 'fail',
      reason: 'exit',
      message: `${title} ended with ${how}${exit === 0 ? '' : `, not ${exit}`}${words && `: ${words}`}`,
    }
  }
  const text = Buffer.from(output.stdout).toString()
  if (stdout?.contains !== undefined && !text.includes(stdout.contains)) {
    return { verdict: 'fail', reason: 'content', message: `${title} did not print '${stdout.contains}'` }
  }
  if (stdout?.matches !== undefined && !new RegExp(stdout.matches, 'mu').test(text)) {
    return { verdict: 'fail', reason: 'content', message: `${title} printed nothing that matches ${stdout.matches}` }
  }
  return { verdict: 'pass', message: `${title} ended with status ${exit}` }
}

/** Short, in one line. */
function titleOf({ run }: Params): string {
  const words = (typeof run === 'string' ? run : run.join(' ')).replace(/\s+/g, ' ').trim()
  return words.length > 80 ? `${words.slice(0, 79)}…` : words
}
