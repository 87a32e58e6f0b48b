import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { sleep } from '../../core/clock.ts'
import { defineStep } from '../../core/component.ts'
import { durationField } from '../../core/fields.ts'
import type { Json } from '../../core/json.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { parseParams } from '../../core/params.ts'
import { StepError, type StepKind, type StepPlace } from '../../core/plan.ts'
import { loneScript, runScript } from '../../plan/steps/on-host.ts'
import { allFields, hostScript } from '../../transport/host-script.ts'
import { missingOn } from '../host-needs.ts'
import { type HostProcess, listProcesses } from '../host-process.ts'
import { markOf, stopMarked } from '../marked-process.ts'

const Params = z.strictObject({
  workers: z.int().min(1).max(1024).optional().describe('busy processes; one for each processor when absent'),
  nice: z.int().min(0).max(19).default(0).describe('how much they give way to others; 19 takes only what nobody wants'),
  lasts: durationField().prefault('10m').describe('after so long they end by themselves, whatever becomes of the drill'),
})

const Before = z.object({ token: z.string(), workers: z.number() })

const count = hostScript('count the processors', 'printf "%s\\0" "$(grep -c "^processor" /proc/cpuinfo)"')

/** Busy until $1, seconds of the boot clock, and the first to go where memory is short. */
const work =
  '{ echo 1000 >/proc/self/oom_score_adj; } 2>/dev/null; while read -r up rest </proc/uptime && [ "${up%.*}" -lt "$1" ]; ' +
  'do i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done; done'

/** Starts $2 workers with the niceness $3 for $4 seconds, known by $1. The worker's own script is $5. */
const start = hostScript(
  'start the load',
  'read -r up rest </proc/uptime || exit 1; end=$((${up%.*} + $4)); if command -v setsid >/dev/null; then apart=setsid; else apart=nohup; fi; n=0;',
  'while [ $n -lt "$2" ]; do n=$((n + 1));',
  '(exec nice -n "$3" $apart sh -c "$5" "opsctl-load-$1" "$end" </dev/null >/dev/null 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-) & done',
)

/** On a host that is busy already it may take a while until each of them had its first hundredth of a second. */
const biteMs = 5000

/** Processes that do nothing but take the processors from others. */
export default defineStep({
  type: 'cpu-pressure',
  version: '1.0.0',
  summary: 'busy processes that take processor time from the others',
  stability: 'beta',
  internal: true,
  schema: jsonSchemaOf(Params),
  example: { workers: 2, nice: 5 },
  build: config => cpuPressure(config),
})

function cpuPressure(config: Json): StepKind {
  const params = parseParams(Params, config)
  const workersOf = async (place: StepPlace, before: Json): Promise<readonly HostProcess[]> => {
    const { token } = Before.parse(before)
    return (await listProcesses(place)).all.filter(({ args }) => args.includes(markOf('load', token)))
  }
  const undone = (before: Json) => ({ args: ['load', Before.parse(before).token] })
  return {
    describe: () => `load the processors with ${params.workers ?? 'one process each'}`,
    needs: place => missingOn(place, ['proc']),
    async capture(place) {
      const [processors = ''] = allFields(await runScript(place, count, { args: [] }))
      return { token: randomBytes(8).toString('hex'), workers: params.workers ?? Math.max(1, Number(processors) || 1) }
    },
    needed: () => true,
    diff: before => `${Before.parse(before).workers} busy processes, nice ${params.nice}\n`,
    async do(place, before) {
      const { token, workers } = Before.parse(before)
      await runScript(place, start, {
        args: [token, String(workers), String(params.nice), String(Math.ceil(params.lasts / 1000)), work],
      })
    },
    async verify(place, before) {
      const { workers } = Before.parse(before)
      const until = place.clock.monotonic() + biteMs
      for (;;) {
        const found = await workersOf(place, before)
        const busy = found.filter(({ cpu }) => cpu > 0)
        if (busy.length >= workers) return
        if (place.clock.monotonic() > until) throw new StepError(`${busy.length} of ${workers} busy processes get processor time`)
        await sleep(place.clock, 100, place.signal)
      }
    },
    undo: async (place, before) => void (await runScript(place, stopMarked, undone(before))),
    async verifyUndone(place, before) {
      const left = await workersOf(place, before)
      if (left.length > 0) throw new StepError(`${left.length} busy processes still run`)
    },
    undoAlone: before => [loneScript(stopMarked, undone(before))],
  }
}
