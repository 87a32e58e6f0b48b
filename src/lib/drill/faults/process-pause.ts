import { z } from 'zod'
import { defineStep } from '../../core/component.ts'
import type { Json } from '../../core/json.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { parseParams } from '../../core/params.ts'
import { StepError, type StepKind } from '../../core/plan.ts'
import { loneScript, runScript } from '../../plan/steps/on-host.ts'
import { missingOn } from '../host-needs.ts'
import {
  choiceText,
  chosenProcesses,
  idWords,
  isOneChoice,
  ProcessId,
  processFields,
  signalScript,
  stillThere,
} from '../host-process.ts'

const Params = z.strictObject(processFields).refine(isOneChoice, { error: 'needs one of name, pattern and pidfile' })

const Before = z.object({ processes: z.array(ProcessId) })

const pause = signalScript('pause the processes')
const resume = signalScript('let the processes go on')

/** Stops processes as a debugger or a frozen disk does: they are there, and do nothing. Those that were stopped before stay as they are. */
export default defineStep({
  type: 'process-pause',
  version: '1.0.0',
  summary: 'processes that stand still (SIGSTOP), by name, command line or pidfile',
  stability: 'beta',
  internal: true,
  schema: jsonSchemaOf(Params),
  example: { name: 'redis-server' },
  build: config => processPause(config),
})

function processPause(config: Json): StepKind {
  const params = parseParams(Params, config)
  const what = choiceText(params)
  const wordsOf = (before: Json): string[] => idWords(Before.parse(before).processes)
  // In whatever state it is: on a busy host a stop may still wait to be taken, and this takes it back.
  const undone = (before: Json) => ({ args: ['CONT', '*', ...wordsOf(before)] })
  return {
    describe: () => `pause ${what}`,
    needs: place => missingOn(place, 'process-pause'),
    async capture(place) {
      const running = (await chosenProcesses(place, params)).filter(({ state }) => state !== 'T')
      if (running.length === 0) throw new StepError(`${what} stands still already`)
      return { processes: running.map(({ pid, start }) => ({ pid, start })) }
    },
    needed: () => true,
    diff: before =>
      Before.parse(before)
        .processes.map(({ pid }) => `${what} (${pid}): running -> stopped\n`)
        .join(''),
    do: async (place, before) => void (await runScript(place, pause, { args: ['STOP', '*', ...wordsOf(before)] })),
    async verify(place, before) {
      const { processes } = Before.parse(before)
      const now = await stillThere(place, processes)
      if (now.length === 0) throw new StepError(`${what} does not run any more`)
      const lively = now.find(({ state }) => state !== 'T' && state !== 't')
      if (lively) throw new StepError(`${what} (${lively.pid}) is not stopped`)
    },
    undo: async (place, before) => void (await runScript(place, resume, undone(before))),
    async verifyUndone(place, before) {
      const stuck = (await stillThere(place, Before.parse(before).processes)).find(({ state }) => state === 'T')
      if (stuck) throw new StepError(`${what} (${stuck.pid}) is still stopped`)
    },
    undoAlone: before => [loneScript(resume, undone(before))],
  }
}
