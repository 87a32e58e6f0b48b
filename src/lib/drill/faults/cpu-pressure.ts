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
import { endGroup, GroupPlace, groupPlace, listGroup, makeGroupFunction, periodUs, seeGroup } from '../load-group.ts'
import { markOf, stopMarked } from '../marked-process.ts'

const Params = z.strictObject({
  workers: z.int().min(1).max(1024).optional().describe('busy processes; one for each processor when absent'),
  nice: z.int().min(0).max(19).default(0).describe('how much they give way to others; 19 takes only what nobody wants'),
  percent: z.number().min(1).max(100).optional().describe('of all processors together that they take at most (cgroup)'),
  weight: z
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .describe('how strongly they compete as one; 100 is as much as one other cgroup gets, such as all services (cgroup)'),
  lasts: durationField().prefault('10m').describe('after so long they end by themselves, whatever becomes of the drill'),
})
type Params = z.output<typeof Params>

const Before = z.object({
  token: z.string(),
  workers: z.number(),
  processors: z.number().default(1),
  /** Where their cgroup is, or why they have none. */
  group: z.union([GroupPlace, z.object({ why: z.string() })]).default({ why: 'it was not looked for one' }),
})
type Before = z.output<typeof Before>

const count = hostScript('count the processors', 'printf "%s\\0" "$(grep -c "^processor" /proc/cpuinfo)"')

/** Busy until $1, seconds of the boot clock, and the first to go where memory is short. */
const work =
  '{ echo 1000 >/proc/self/oom_score_adj; } 2>/dev/null; while read -r up rest </proc/uptime && [ "${up%.*}" -lt "$1" ]; ' +
  'do i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done; done'

/** Starts $2 workers with the niceness $3 for $4 seconds, known by $1, in the cgroup $6 with its quota and weight. The worker's own script is $5. */
const start = hostScript(
  'start the load',
  makeGroupFunction,
  'read -r up rest </proc/uptime || exit 1; end=$((${up%.*} + $4)); if command -v setsid >/dev/null; then apart=setsid; else apart=nohup; fi;',
  'if [ -n "$6" ]; then make "$6" "$7" "$8" && (echo 0 >"$6/cgroup.procs") || exit 1; fi; n=0; while [ $n -lt "$2" ]; do n=$((n + 1));',
  '(if [ -n "$6" ]; then echo 0 >"$6/cgroup.procs" || exit 1; fi;',
  'exec nice -n "$3" $apart sh -c "$5" "opsctl-load-$1" "$end" </dev/null >/dev/null 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-) & done',
)

/** On a host that is busy already it may take a while until each of them had its first hundredth of a second. */
const biteMs = 5000

/** Processes that do nothing but take the processors from others, in a cgroup of their own where one can be had. */
export default defineStep({
  type: 'cpu-pressure',
  version: '1.1.0',
  summary: 'busy processes in a cgroup of their own that take processor time from the others',
  stability: 'beta',
  internal: true,
  schema: jsonSchemaOf(Params),
  example: { workers: 2, nice: 5 },
  build: config => cpuPressure(config),
})

function cpuPressure(config: Json): StepKind {
  const params = parseParams(Params, config)
  const measures = params.percent !== undefined || params.weight !== undefined
  return {
    describe: () => `load the processors with ${params.workers ?? 'one process each'}`,
    async needs(place) {
      const lacks = await missingOn(place, 'cpu-pressure')
      if (!measures || lacks.length > 0) return lacks
      const group = await groupPlace(place)
      if ('limits' in group && group.limits) return []
      return [`percent and weight need a cgroup with the cpu controller: ${'why' in group ? group.why : noController(group)}`]
    },
    async weakness(place) {
      const group = await groupPlace(place)
      if ('why' in group)
        return `no cgroup can be had (${group.why}): the load runs in that of the login, without percent and weight`
      return group.limits ? undefined : `${noController(group)}: the load has a cgroup, but no percent and weight`
    },
    async capture(place) {
      const [found = ''] = allFields(await runScript(place, count, { args: [] }))
      const processors = Math.max(1, Number(found) || 1)
      const token = randomBytes(8).toString('hex')
      return { token, processors, workers: params.workers ?? processors, group: { ...(await groupPlace(place)) } }
    },
    needed: () => true,
    diff: before => `${loadText(Before.parse(before), params)}\n`,
    async do(place, before) {
      const parsed = Before.parse(before)
      const quota = params.percent === undefined ? '' : Math.round((params.percent / 100) * parsed.processors * periodUs)
      const words = [parsed.token, parsed.workers, params.nice, Math.ceil(params.lasts / 1000), work]
      await runScript(place, start, { args: [...words, groupOf(parsed), quota, params.weight ?? ''].map(String) })
    },
    verify: (place, before) => demandLoad(place, Before.parse(before)),
    async undo(place, before) {
      await runScript(place, endGroup, grouped(before))
      await runScript(place, stopMarked, marked(before))
    },
    async verifyUndone(place, before) {
      const left = await workersOf(place, Before.parse(before))
      if (left.length > 0) throw new StepError(`${left.length} busy processes still run`)
      if ((await runScript(place, seeGroup, grouped(before))).length > 0) throw new StepError('their cgroup is still there')
    },
    undoAlone: before => [loneScript(endGroup, grouped(before)), loneScript(stopMarked, marked(before))],
  }
}

const noController = ({ directory }: GroupPlace): string => `${directory} has no cpu controller for its children`

/** Empty for none. */
const groupOf = ({ token, group }: Before): string => ('why' in group ? '' : `${group.directory}/${markOf('load', token)}`)
const grouped = (before: Json) => ({ args: [groupOf(Before.parse(before))] })
const marked = (before: Json) => ({ args: ['load', Before.parse(before).token] })

function loadText(before: Before, { nice, percent, weight }: Params): string {
  const { group, workers, processors } = before
  const many = `${workers} busy ${workers === 1 ? 'process' : 'processes'}, nice ${nice}`
  if ('why' in group) return `${many}, without a cgroup: ${group.why}`
  const limits = [
    ...(percent === undefined ? [] : [`at most ${percent} % of ${processors} processors`]),
    ...(weight === undefined ? [] : [`weight ${weight}`]),
    ...(group.limits ? [] : ['without the cpu controller']),
  ]
  return [`${many}, in the cgroup ${groupOf(before)}`, ...limits].join(', ')
}

async function workersOf(place: StepPlace, { token }: Before): Promise<readonly HostProcess[]> {
  return (await listProcesses(place)).all.filter(({ args }) => args.includes(markOf('load', token)))
}

async function demandLoad(place: StepPlace, before: Before): Promise<void> {
  const group = groupOf(before)
  const until = place.clock.monotonic() + biteMs
  for (;;) {
    const busy = (await workersOf(place, before)).filter(({ cpu }) => cpu > 0)
    if (busy.length >= before.workers) {
      const inside = group === '' ? undefined : (await runScript(place, listGroup, { args: [group] })).toString().split('\n')
      const outside = busy.find(({ pid }) => inside?.includes(String(pid)) === false)
      if (outside) throw new StepError(`the busy process ${outside.pid} is not in its cgroup`)
      return
    }
    if (place.clock.monotonic() > until)
      throw new StepError(`${busy.length} of ${before.workers} busy processes get processor time`)
    await sleep(place.clock, 100, place.signal)
  }
}
