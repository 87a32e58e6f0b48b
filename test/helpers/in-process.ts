import { describeCommand } from '../../scripts/describe.ts'
import { dispatch } from '../../src/lib/cli/dispatch.ts'
import type { Outside } from '../../src/lib/cli/outside.ts'
import type { Clock } from '../../src/lib/core/clock.ts'
import type { CommandSpec, Program } from '../../src/lib/core/command.ts'
import type { Io, OutputPort } from '../../src/lib/core/io.ts'
import { plainStyle } from '../../src/lib/io/plain-style.ts'
import { makeStyle } from '../../src/lib/io/style.ts'
import { systemClock } from '../../src/lib/io/system-clock.ts'
import { type ColorSituation, wantsColor } from '../../src/lib/io/wants-color.ts'
import * as registry from '../../src/registry.generated.ts'
import { shellWords } from './shell-words.ts'

export interface InProcessOptions {
  /** In place of the real ones. The components are always the real ones. */
  readonly commands?: readonly CommandSpec[]
  readonly env?: Readonly<Record<string, string>>
  /** An empty directory of the test; configuration and state are looked for there. */
  readonly home?: string
  readonly cwd?: string
  /** All three streams are terminals of so many columns; pipes when absent. */
  readonly terminal?: number
  readonly stdin?: string
  readonly clock?: Clock
  /** Called where memory is to be freed; nothing happens there when absent. */
  readonly collectGarbage?: () => void
  /** What each write to stdout fails with. */
  readonly stdoutError?: Error
}

export interface InProcessEnd {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** A run that a test sends signals to. */
export interface InProcessRun {
  readonly ended: Promise<InProcessEnd>
  stderr(): string
  signal(name: 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'SIGUSR1'): void
}

/** Runs opsctl in this process with a world of the test's own: nothing of the real environment, streams or signals is there. */
export function inProcess(line: string | readonly string[], options: InProcessOptions = {}): Promise<InProcessEnd> {
  return startInProcess(line, options).ended
}

export function startInProcess(line: string | readonly string[], options: InProcessOptions = {}): InProcessRun {
  const out: string[] = []
  const err: string[] = []
  const listeners = new Map<string, (() => void)[]>()
  const stopped = Promise.withResolvers<number>()
  const home = options.home ?? '/nonexistent'
  const outside: Outside = {
    argv: typeof line === 'string' ? shellWords(line) : line,
    env: options.env ?? {},
    cwd: options.cwd ?? home,
    home,
    uid: process.getuid?.() ?? 0,
    clock: options.clock ?? systemClock,
    random: () => 0.5,
    program: programOf(options.commands),
    io: async color => memoryIo({ options, color, out, err }),
    signals: { on: (signal, listener) => void listeners.set(signal, [...(listeners.get(signal) ?? []), listener]) },
    collectGarbage: options.collectGarbage ?? (() => {}),
    stopHard: exit => stopped.resolve(exit),
  }
  const ended = Promise.race([dispatch(outside), stopped.promise])
  return {
    ended: ended.then(code => ({ code, stdout: out.join(''), stderr: err.join('') })),
    stderr: () => err.join(''),
    signal: name => {
      for (const listener of listeners.get(name) ?? []) listener()
    },
  }
}

/** The program model of some commands. */
export function programOf(commands?: readonly CommandSpec[]): Program {
  const { globals, components } = registry
  const entries = commands?.map(command => ({ ...describeCommand(command), load: async () => ({ default: command }) }))
  return { version: '1.2.3', globals, components, commands: entries ?? registry.commands }
}

interface MemoryIo {
  readonly options: InProcessOptions
  readonly color: ColorSituation['flag']
  readonly out: string[]
  readonly err: string[]
}

function memoryIo({ options, color, out, err }: MemoryIo): Io {
  const { terminal, env = {}, stdin = '', stdoutError } = options
  const isTerminal = terminal !== undefined
  const style = wantsColor({ isTerminal, env, flag: color }) ? makeStyle(true) : plainStyle
  const port = (written: string[], error?: Error): OutputPort => ({
    isTerminal,
    columns: terminal ?? 80,
    style,
    write: async data => {
      if (error) throw error
      written.push(typeof data === 'string' ? data : new TextDecoder().decode(data))
    },
  })
  return {
    stdin: {
      isTerminal,
      async *read() {
        yield new TextEncoder().encode(stdin)
      },
    },
    stdout: port(out, stdoutError),
    stderr: port(err),
  }
}
