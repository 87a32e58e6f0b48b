import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { poll } from './poll.ts'

export interface OpsctlOptions {
  /** Added to PATH, HOME, XDG_STATE_HOME below it (and TERM on a terminal): nothing else is inherited. */
  readonly env?: Readonly<Record<string, string>>
  /** Text or bytes to send; `open` keeps stdin open for `write`; /dev/null when absent (an open terminal with `tty`). */
  readonly stdin?: string | Uint8Array | 'open'
  readonly cwd?: string
  /** An empty directory, removed afterwards, when absent. */
  readonly home?: string
  /** On a pseudo-terminal of 100 × 30, or as given: stdin, stdout and stderr are one, and come back as stdout with CR LF. */
  readonly tty?: boolean | { readonly columns: number; readonly rows: number }
  /** A file in place of the pipe, such as /dev/full. */
  readonly stdoutFile?: string
  /** Killed after so many milliseconds, and the promise rejects with what was printed; 30 s when absent. */
  readonly deadlineMs?: number
  /** In place of OPSCTL_BIN or bin/opsctl. */
  readonly program?: string
}

export interface OpsctlEnd {
  /** null when a signal ended it; on a terminal 128 plus the signal's number. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  readonly stdoutBytes: Uint8Array
}

/** A run that a test talks to. */
export interface OpsctlRun {
  readonly child: ChildProcess
  readonly ended: Promise<OpsctlEnd>
  /** What was printed so far. */
  stdout(): string
  stderr(): string
  /** To stdin; on a terminal these are keys: `\x03` is Ctrl-C. */
  write(text: string): void
  /** To opsctl itself. Not on a terminal: press keys there. */
  kill(signal: NodeJS.Signals): void
  /** Waits until stdout and stderr together match; 10 s at most. */
  until(pattern: RegExp): Promise<void>
}

/** The program under test. */
export const opsctlProgram = (): string => process.env['OPSCTL_BIN'] ?? new URL('../../bin/opsctl', import.meta.url).pathname

/** Runs opsctl to its end. */
export async function opsctl(args: readonly string[], options: OpsctlOptions = {}): Promise<OpsctlEnd> {
  return await (await startOpsctl(args, options)).ended
}

/** Starts opsctl with an environment of its own. */
export async function startOpsctl(args: readonly string[], options: OpsctlOptions = {}): Promise<OpsctlRun> {
  const home = options.home ?? (await mkdtemp(join(tmpdir(), 'opsctl-home-')))
  const argv = [options.program ?? opsctlProgram(), ...args]
  const [program = '', ...rest] = options.tty ? onTerminal(argv, options.tty) : argv
  const stdout = options.stdoutFile === undefined ? undefined : await open(options.stdoutFile, 'w')
  const child = spawn(program, rest, {
    cwd: options.cwd ?? home,
    env: {
      PATH: process.env['PATH'],
      HOME: home,
      // Root's runs would go to /var/lib/opsctl.
      XDG_STATE_HOME: join(home, '.local/state'),
      ...(options.tty ? { TERM: 'xterm-256color' } : {}),
      ...options.env,
    },
    stdio: [options.stdin === undefined && !options.tty ? 'ignore' : 'pipe', stdout?.fd ?? 'pipe', 'pipe'],
    detached: true,
  })
  const removeHome = async (): Promise<void> => {
    if (options.home === undefined) await rm(home, { recursive: true, force: true })
  }
  // Watched before anything is awaited: a short run may end at once.
  const run = watch({ child, options, describe: argv.join(' '), removeHome })
  await stdout?.close()
  return run
}

function watch(run: {
  readonly child: ChildProcess
  readonly options: OpsctlOptions
  readonly describe: string
  readonly removeHome: () => Promise<void>
}): OpsctlRun {
  const { child, options } = run
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout?.on('data', chunk => out.push(chunk))
  child.stderr?.on('data', chunk => err.push(chunk))
  const stdout = (): string => Buffer.concat(out).toString()
  const stderr = (): string => Buffer.concat(err).toString()
  // A program that ends without reading its input is the test's business, not an error here.
  child.stdin?.on('error', () => {})
  if (options.stdin !== undefined && options.stdin !== 'open') child.stdin?.end(options.stdin)

  const ended = new Promise<OpsctlEnd>((resolve, reject) => {
    const deadlineMs = options.deadlineMs ?? 30_000
    const timer = setTimeout(() => {
      killGroup(child)
      reject(new Error(`${run.describe}: not done within ${deadlineMs} ms\nstdout: ${stdout()}\nstderr: ${stderr()}`))
    }, deadlineMs)
    child.once('error', reject)
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ code, signal, stdout: stdout(), stderr: stderr(), stdoutBytes: new Uint8Array(Buffer.concat(out)) })
    })
  }).finally(run.removeHome)
  return {
    ...{ child, ended, stdout, stderr },
    write: text => void child.stdin?.write(text),
    kill: signal => void child.kill(signal),
    until: async pattern => {
      await poll(`${run.describe} prints ${pattern}`, 10_000, () => pattern.test(stdout() + stderr()) || child.exitCode !== null)
      if (!pattern.test(stdout() + stderr())) throw new Error(`${run.describe} ended without ${pattern}\n${stdout()}${stderr()}`)
    },
  }
}

function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  } catch {
    // It has just ended by itself.
  }
}

/** Through util-linux's script, the one program for it that every Debian has; a pseudo-terminal starts as 0 × 0. */
function onTerminal(argv: readonly string[], tty: true | { readonly columns: number; readonly rows: number }): string[] {
  const { columns, rows } = tty === true ? { columns: 100, rows: 30 } : tty
  const quoted = argv.map(word => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')
  return ['script', '-qefc', `stty cols ${columns} rows ${rows}; exec ${quoted}`, '/dev/null']
}
