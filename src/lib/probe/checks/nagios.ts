import { z } from 'zod'
import type { CheckPlace, CheckResult } from '../../core/check.ts'
import { defineCheck } from '../../core/component.ts'
import { durationField } from '../../core/fields.ts'
import { commandField } from '../../core/host-fields.ts'
import type { Verdict } from '../../core/item.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { parseParams } from '../../core/params.ts'
import type { Output } from '../../core/transport.ts'
import { lastWords } from '../../transport/host-script.ts'
import { performanceData } from '../performance-data.ts'
import { judge, runToEnd, Unseen } from './look.ts'

const Params = z.strictObject({
  run: commandField().describe('the plugin and its arguments: a list of words, or a line for sh'),
  timeout: durationField().prefault('30s').describe('how long it may run'),
})

/** A plugin as Nagios, Icinga and Naemon run them: nothing of it needs to change. */
export default defineCheck({
  type: 'nagios',
  version: '1.0.0',
  summary: 'plugin of Nagios: judged by its exit status, with its text and performance data',
  stability: 'beta',
  schema: jsonSchemaOf(Params),
  example: { run: ['sh', '-c', 'echo "all is well | users=3;;;0"'] },
  build(config) {
    const { run, timeout } = parseParams(Params, config)
    const title = `plugin ${typeof run === 'string' ? run : run.join(' ')}`.slice(0, 80)
    const argv = typeof run === 'string' ? ['sh', '-c', run] : run
    const look = async (place: CheckPlace): Promise<CheckResult> =>
      resultOf(await runToEnd(place, { argv }, { does: `run ${title}`, timeoutMs: timeout }))
    return { title, run: place => judge(() => look(place)) }
  },
})

const verdicts: readonly Verdict[] = ['pass', 'warn', 'fail', 'unknown']

function resultOf(output: Output): CheckResult {
  const { code, stdout } = output
  const [first = '', ...long] = Buffer.from(stdout).toString().split('\n')
  const verdict = code === null ? undefined : verdicts[code]
  if (verdict === undefined) {
    const why = lastWords(output) || first
    throw new Unseen(
      `the plugin ended with ${code === null ? `SIG${output.signal}` : `status ${code}`}, which is none of 0 to 3${why && `: ${why}`}`,
    )
  }
  const [message = '', data = ''] = splitAtBar(first)
  const words = message.trim() || lastWords(output) || 'the plugin says nothing'
  // Of long output, what stands behind the first bar is performance data to its end.
  const longData = long.join('\n').split('|').slice(1).join(' ')
  const metrics = performanceData(`${data} ${longData}`)
  return {
    verdict,
    message: words,
    ...(verdict !== 'pass' && { reason: verdict === 'unknown' ? 'unreadable' : 'state' }),
    ...(Object.keys(metrics).length > 0 && { metrics }),
    evidence: Buffer.from(stdout).toString(),
  }
}

const splitAtBar = (line: string): [string, string] => {
  const at = line.indexOf('|')
  return at === -1 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)]
}
