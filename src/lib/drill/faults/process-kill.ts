import { z } from 'zod'
import { sleep } from '../../core/clock.ts'
import { defineStep } from '../../core/component.ts'
import { durationField } from '../../core/fields.ts'
import { commandField, serviceNameField } from '../../core/host-fields.ts'
import type { Json } from '../../core/json.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { parseParams } from '../../core/params.ts'
import { StepError, type StepKind, type StepPlace } from '../../core/plan.ts'
import { loneScript, runScript } from '../../plan/steps/on-host.ts'
import { actOnService, lookAtServices } from '../../plan/steps/service-scripts.ts'
import { hostScript, scriptCommand } from '../../transport/host-script.ts'
import { missingOn } from '../host-needs.ts'
import { choiceText, chosenProcesses, idWords, ProcessId, processFields, signalScript, stillThere } from '../host-process.ts'

const { name, pidfile } = processFields

const Params = z
  .strictObject({
    name,
    pidfile,
    signal: z.enum(['KILL', 'TERM', 'INT', 'HUP', 'ABRT', 'SEGV']).default('KILL').describe('what they are sent'),
    unit: serviceNameField().optional().describe('service that is started when it does not come back by itself'),
    start: commandField().optional().describe('command that starts it when it does not come back by itself'),
    supervised: z.boolean().default(false).describe('something on the host brings it back: nothing is started'),
    grace: durationField().prefault('3s').describe('how long it is waited for before it is started'),
  })
  .refine(params => (params.name === undefined) !== (params.pidfile === undefined), { error: 'needs one of name and pidfile' })
  .refine(({ unit, start, supervised }) => [unit !== undefined, start !== undefined, supervised].filter(Boolean).length === 1, {
    error: 'needs one of unit, start and supervised: what is killed has to come back',
  })

const Before = z.object({
  processes: z.array(ProcessId),
  /** As the kernel knows it. */
  name: z.string(),
  /** How many of them have a parent of another name. */
  count: z.number(),
})

const kill = signalScript('kill the processes')

/** Prints how many processes run: those named $2, workers of another one not counted, or the one of the pidfile $1. */
const running =
  'above() { state=$1 parent=$2; }; count() { total=0;' +
  ' if [ -n "$1" ]; then pid=; { read -r pid rest <"$1"; } 2>/dev/null; { read -r line <"/proc/${pid:-none}/stat"; } 2>/dev/null || return 0;' +
  ' above ${line##*) }; case $state in [ZX]) ;; *) total=1;; esac; return 0; fi;' +
  ' pids=" " pairs=; for at in /proc/[0-9]*; do { read -r line <"$at/stat"; } 2>/dev/null || continue;' +
  ' known=${line#*"("}; if [ "${known%")"*}" = "$2" ]; then above ${line##*) }; case $state in [ZX]) continue;; esac;' +
  ' pids="$pids${at#/proc/} " pairs="$pairs ${at#/proc/}:$parent"; fi; done;' +
  ' for pair in $pairs; do case $pids in *" ${pair#*:} "*) ;; *) total=$((total + 1));; esac; done; };'

const look = hostScript('look whether it runs', running, 'count "$1" "$2"; echo "$total"')

/** Waits $4 seconds for $3 processes (see `running`); then runs what follows, with `apart` as $5 without waiting for its end, and waits for them again. */
const revive = hostScript(
  'bring it back',
  running,
  'file=$1 name=$2 wanted=$3 wait=$4 how=$5; shift 5;',
  'seconds() { read -r up rest </proc/uptime; now=${up%.*}; };',
  'await() { seconds; until=$((now + $1)); while count "$file" "$name"; [ "$total" -lt "$wanted" ]; do seconds; [ "$now" -lt "$until" ] || return 1; sleep 0.2 2>/dev/null || sleep 1; done; };',
  'await "$wait" && exit 0; if [ "$how" = wait ]; then "$@" >/dev/null || exit 1; elif [ $# -gt 0 ]; then if command -v setsid >/dev/null; then apart=setsid; else apart=nohup; fi;',
  '(exec $apart "$@" </dev/null >/dev/null 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-) & fi;',
  'await 30 || { echo "$total of $wanted run again" >&2; exit 1; }',
)

/** Ends processes by a signal. What does not come back by itself is started again. */
export default defineStep({
  type: 'process-kill',
  version: '1.0.0',
  summary: 'processes that die, by name or pidfile, and have to come back',
  stability: 'beta',
  internal: true,
  schema: jsonSchemaOf(Params),
  example: { name: 'redis-server', unit: 'redis-server' },
  build: config => processKill(config),
})

function processKill(config: Json): StepKind {
  const params = parseParams(Params, config)
  const { signal, grace } = params
  const what = choiceText(params)
  const selection = (before: Json): string[] => [params.pidfile ?? '', Before.parse(before).name]
  const undone = (before: Json) => ({
    args: [...selection(before), String(Before.parse(before).count), String(Math.ceil(grace / 1000)), ...starter(params)],
  })
  return {
    describe: () => `kill ${what} (SIG${signal})`,
    needs: place => missingOn(place, 'process-kill'),
    async capture(place) {
      // Nobody could start it again.
      if (params.unit !== undefined) await runScript(place, lookAtServices([params.unit]), { args: [params.unit] })
      const found = await chosenProcesses(place, params)
      const roots = found.filter(({ parent }) => !found.some(({ pid }) => pid === parent))
      const known = roots[0]?.name ?? ''
      const count = roots.filter(each => each.name === known).length
      return { processes: found.map(({ pid, start }) => ({ pid, start })), name: known, count }
    },
    needed: () => true,
    diff: before =>
      Before.parse(before)
        .processes.map(({ pid }) => `${what} (${pid}): running -> killed\n`)
        .join(''),
    do: async (place, before) =>
      void (await runScript(place, kill, { args: [signal, '*', ...idWords(Before.parse(before).processes)] })),
    verify: (place, before) => demandDead(place, Before.parse(before).processes, what),
    undo: async (place, before) => void (await runScript(place, revive, undone(before))),
    async verifyUndone(place, before) {
      const { count } = Before.parse(before)
      const found = Number((await runScript(place, look, { args: selection(before) })).toString())
      if (found < count) throw new StepError(`${found} of ${count} run again`)
    },
    undoAlone: before => [loneScript(revive, undone(before))],
  }
}

/** A process may want some time for its end. */
const endMs = 10_000

async function demandDead(place: StepPlace, processes: readonly ProcessId[], what: string): Promise<void> {
  const until = place.clock.monotonic() + endMs
  for (;;) {
    const [left] = (await stillThere(place, processes)).filter(({ state }) => state !== 'Z')
    if (!left) return
    if (place.clock.monotonic() > until) throw new StepError(`${what} (${left.pid}) lives on`)
    await sleep(place.clock, 100, place.signal)
  }
}

/** Whether it is waited for the end of the command that starts it, and the command. A service manager tells why it could not. */
function starter({ unit, start }: z.output<typeof Params>): readonly string[] {
  if (unit !== undefined) return ['wait', ...scriptCommand(actOnService(unit, ['start']), [unit, 'start']).argv]
  if (start === undefined) return ['none']
  return ['apart', ...(typeof start === 'string' ? ['sh', '-c', start] : start)]
}
