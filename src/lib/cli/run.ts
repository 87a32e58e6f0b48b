import { join } from 'node:path'
import type { Globals } from '../config/globals.ts'
import { type Clock, sleep } from '../core/clock.ts'
import type { Context, Settings } from '../core/context.ts'
import type { Result } from '../core/report.ts'
import { newRunId } from '../core/run-id.ts'
import { makeLog } from '../io/log.ts'
import { makeProgress } from '../io/progress.ts'
import { makePrompter } from '../io/prompt.ts'
import { SpillingOutputStore } from '../run/output-store.ts'
import { Components } from './components.ts'
import { Delivery } from './delivery.ts'
import { openConnector } from './open-connector.ts'
import type { Outside } from './outside.ts'
import { stateDirectory } from './paths.ts'
import { Interrupts } from './signals.ts'

type RunSettings = Settings & { readonly globals: Globals; readonly configFiles: readonly string[] }

export interface Run extends AsyncDisposable {
  readonly context: Context
  /** Renders the result to every place that was asked for. @throws OpsError E_OUTPUT */
  deliver(result: Result): Promise<void>
}

/** Builds the Context of one run from the outside world and the global flags. */
export async function openRun(outside: Outside, settings: RunSettings): Promise<Run> {
  const { clock, env, random, program, uid } = outside
  const io = await outside.io(settings.globals.color)
  const runId = newRunId(clock.now(), random)
  const paths = {
    state: stateDirectory(outside, settings.globals.stateDir),
    home: outside.home,
    cwd: outside.cwd,
    config: settings.configFiles,
  }
  const progress = await makeProgress({
    port: io.stderr,
    clock,
    dumb: env['TERM'] === 'dumb',
    enabled: settings.verbosity >= 0 && (io.stderr.isTerminal || !settings.mayPrompt),
  })
  // Whatever is said during a run stands on lines of its own.
  const unsaid = new Set<Promise<void>>()
  const say = (text: string): Promise<void> => {
    const saying = progress.around(() => io.stderr.write(text))
    const said = saying.catch(() => {}).then(() => void unsaid.delete(said))
    unsaid.add(said)
    return saying
  }
  const interrupts = new Interrupts(outside.signals, {
    say: line => say(`opsctl: ${line}\n`).catch(() => {}),
    clock,
    stopHard: outside.stopHard,
  })
  const log = makeLog({ write: say, clock, format: settings.globals.logFormat, verbosity: settings.verbosity, runId })
  const outputs = new SpillingOutputStore({ directory: join(paths.state, 'spill', runId) })
  const components = new Components(program)
  const delivery = await Delivery.open({ io, settings, outputs, components, progress })
  const mayAsk = settings.mayPrompt && io.stdin.isTerminal && io.stderr.isTerminal
  const context: Context = {
    program,
    io,
    clock,
    random,
    signal: interrupts.signal,
    env,
    uid,
    paths,
    runId,
    settings: { ...settings, mayPrompt: mayAsk },
    log,
    progress,
    prompt: makePrompter({ io, progress, mayAsk }),
    outputs,
    live: delivery.live,
    onInterrupt: describe => interrupts.onInterrupt(describe),
    onReload: listener => interrupts.onReload(listener),
    emit: item => delivery.emit(item),
    collectGarbage: () => outside.collectGarbage(),
    ...(outside.passed && { passed: outside.passed }),
    component: (kind, type) => components.get(kind, type),
    components: kind => components.all(kind),
    inventory: async spec => (await import('./read-inventory.ts')).readInventory(context, spec),
    connector: spec => openConnector(context, spec),
  }
  return {
    context,
    async deliver(result) {
      await progress.stop()
      await delivery.finish(result)
    },
    async [Symbol.asyncDispose]() {
      await progress.stop()
      await outputs[Symbol.asyncDispose]()
      if (unsaid.size > 0) await within(clock, lastWordsMs, Promise.all(unsaid))
    },
  }
}

/** Whoever reads stderr has so long for what was said last. */
const lastWordsMs = 500

async function within(clock: Clock, ms: number, work: Promise<unknown>): Promise<void> {
  const over = new AbortController()
  await Promise.race([work, sleep(clock, ms, over.signal).catch(() => {})])
  over.abort()
}
