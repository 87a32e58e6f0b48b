// The composition root: argv and process become an Outside; what dispatch returns becomes the exit code. Loaded by main.ts.
import { version } from '../package.json' with { type: 'json' }
import { dispatch } from './lib/cli/dispatch.ts'
import type { Outside } from './lib/cli/outside.ts'
import { ignoredSignals } from './lib/io/ignored-signals.ts'
import { systemClock } from './lib/io/system-clock.ts'
import { commands, components, globals } from './registry.generated.ts'

// Until main settles the code is that of a bug: a run that is never finished must not look like success.
process.exitCode = 70
let settled = false
let ignored: ReturnType<typeof ignoredSignals> | undefined
process.on('exit', () => {
  if (!settled) process.stderr.write('opsctl: ended before the run was finished, which is a bug\n')
})

const outside: Outside = {
  argv: process.argv.slice(2),
  env: process.env,
  cwd: workingDirectory(),
  home: process.env.HOME || accountHome(),
  uid: process.getuid?.() ?? 0,
  clock: systemClock,
  random: Math.random,
  program: { version, globals, commands, components },
  io: async (color, directly) =>
    (await import('./lib/io/system.ts')).systemIo({
      clock: systemClock,
      env: process.env,
      color,
      direct: directly !== undefined,
    }),
  signals: {
    on(signal, listener) {
      // Where a caller ignores SIGCHLD the system keeps from us how children end: there, and only there, it has to be heard.
      ignored ??= ignoredSignals()
      if (ignored(signal) === (signal === 'SIGCHLD')) process.on(signal, listener)
    },
  },
  collectGarbage: globalThis.gc ?? (() => {}),
  stopHard: finish,
}

void dispatch(outside).then(finish)

function finish(exit: number): void {
  settled = true
  process.exit(exit)
}

/**
 * A directory that was removed under its user's feet, as that of an old release is, has no name any more. By this one Linux still finds
 * nothing in it, and makes nothing there; elsewhere it does not exist, which comes to the same.
 */
function workingDirectory(): string {
  try {
    return process.cwd()
  } catch {
    return '/proc/self/cwd'
  }
}

/** The home directory of the account, for cron and other callers without HOME. */
function accountHome(): string | undefined {
  try {
    // Not imported: most starts do without it.
    return process.getBuiltinModule('node:os').homedir()
  } catch {
    return undefined
  }
}
