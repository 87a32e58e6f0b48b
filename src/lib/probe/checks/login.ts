import { z } from 'zod'
import type { Check, CheckPlace, CheckResult } from '../../core/check.ts'
import { defineCheck } from '../../core/component.ts'
import { durationField } from '../../core/fields.ts'
import type { Json } from '../../core/json.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { parseParams } from '../../core/params.ts'
import { hostScript, lastWords, scriptCommand, scriptOutput } from '../../transport/host-script.ts'
import { judge, runToEnd, Unseen } from './look.ts'

const script = hostScript('log in', 'id -un')

const Params = z.strictObject({
  user: z.string().min(1).optional().describe('as whom it must run'),
  threshold: durationField().optional().describe('a command that takes longer than this fails'),
  warn: durationField().optional().describe('one that takes longer than this is a warning'),
  timeout: durationField().prefault('10s').describe('how long it may take'),
})
type Params = z.output<typeof Params>

/** Logs in, and runs what does nothing. */
export default defineCheck({
  type: 'login',
  version: '1.0.0',
  summary: 'one can log in to the host and run a command there, in time',
  stability: 'beta',
  schema: jsonSchemaOf(Params),
  example: { threshold: '10s' },
  build: config => loginCheck(config),
})

function loginCheck(config: Json): Check {
  const params = parseParams(Params, config)
  const sampling = { dimension: 'login', intervalMs: 30_000, timeoutMs: 10_000, retries: 0, failures: 1, of: 1 }
  return {
    title: 'a command runs',
    sampling: [sampling],
    run: place => judge(() => look(place, params)),
    // A host that is away lets nobody in either, but may be well: it is the way there that is not.
    unconnected: ({ reason, message }) =>
      reason === 'auth' || reason === 'hostkey' ? { verdict: 'fail', reason, message } : undefined,
  }
}

async function look(place: CheckPlace, { user: wanted, threshold, warn, timeout }: Params): Promise<CheckResult> {
  const start = place.clock.monotonic()
  const output = await runToEnd(place, scriptCommand(script, []), { does: script.does, timeoutMs: timeout })
  const ms = place.clock.monotonic() - start
  const printed = scriptOutput(output)?.toString().trim()
  if (printed === undefined) throw new Unseen('could not log in: the host does not run commands')
  if (output.code !== 0) throw new Unseen(`could not tell who runs commands: ${lastWords(output) || `status ${output.code}`}`)
  const user = printed.replace(/[^\x21-\x7e]/g, '?')
  const told = `a command runs as ${user}, within ${ms.toFixed(ms < 10 ? 1 : 0)} ms`
  const metrics = { command_seconds: ms / 1000 }
  if (wanted !== undefined && user !== wanted) {
    return { verdict: 'fail', reason: 'state', message: `a command runs as ${user}, not as ${wanted}`, metrics }
  }
  const beyond = (limit: number | undefined): limit is number => limit !== undefined && ms > limit
  const slow = (limit: number) => ({ reason: 'slow' as const, message: `${told}, more than ${limit} ms`, metrics })
  if (beyond(threshold)) return { verdict: 'fail', ...slow(threshold) }
  if (beyond(warn)) return { verdict: 'warn', ...slow(warn) }
  return { verdict: 'pass', message: told, metrics }
}
