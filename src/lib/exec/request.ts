import { basename, join, resolve } from 'node:path'
import type { Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import type { Command } from '../core/transport.ts'
import type { ExecOptions } from './options.ts'
import type { StoredInput } from './stored-input.ts'

/** What `opsctl exec` runs on every host, and what becomes of the output. */
export interface ExecRequest {
  readonly command: Command
  /** How the command reads in reports. */
  readonly title: string
  readonly timeoutMs: number
  readonly idleTimeoutMs: number
  /** Of stdout and stderr of one host together; more ends the command. */
  readonly maxOutputBytes: number
  readonly env: Readonly<Record<string, string>>
  /** The same bytes for every host. */
  readonly stdin?: () => AsyncIterable<Uint8Array>
  /** The command may run twice without harm: it is tried again when the connection breaks under it. */
  readonly idempotent: boolean
  readonly view: 'prefix' | 'plain' | 'collate' | 'none'
  /** Output is read again at the end: for the collated view and for every format but human. */
  readonly store: boolean
  /** Blocks of the collated view as differences from the largest one. */
  readonly diff: boolean
  /** Directory for a file a host. */
  readonly outputDir?: string
}

/** Flags that only a look at a change has. @throws OpsError E_USAGE */
export function checkDryRun({ dryRun, detailedExitCode, resume }: ExecOptions): void {
  if (dryRun && resume !== undefined)
    throw new OpsError('E_USAGE', '--resume goes on with what was begun: it can not be a --dry-run', {
      hint: `\`opsctl runs show ${resume}\` tells what stands`,
    })
  if (detailedExitCode && !dryRun)
    throw new OpsError('E_USAGE', '--detailed-exit-code is for a look that changes nothing', { hint: 'add --dry-run' })
}

/** A resumed change is the whole of what its journal tells. @throws OpsError E_USAGE for what would be left out of account */
export function checkResume({ command, script, targets, limit, shard }: ExecOptions): void {
  const [word = script] = command
  const given = word ?? (targets.length > 0 ? '-t' : limit.length > 0 ? '--limit' : shard && '--shard')
  if (given === undefined) return
  throw new OpsError('E_USAGE', `--resume and ${given} can not be told together`, {
    hint: 'a resumed change does what its journal tells, on the hosts of its journal',
  })
}

/** Checks what the schema can not see and reads local files, before anything is contacted. @throws OpsError E_USAGE */
export async function execRequest(context: Context, options: ExecOptions): Promise<ExecRequest> {
  const { command, script, stdin, targets } = options
  if (options.dryRun)
    throw new OpsError('E_USAGE', '--dry-run is for change files: what a command would do nobody can tell', {
      hint: '`opsctl hosts` shows where it would run',
    })
  if (script === undefined) checkCommand(command)
  if ((script ?? stdin) === '-' && targets.includes('-'))
    throw new OpsError(
      'E_USAGE',
      `stdin can not be both the list of targets and the ${script ? 'script' : 'input of the command'}`,
    )
  if (options.diff && !options.collate)
    throw new OpsError('E_USAGE', '--diff compares groups of hosts', { hint: 'add --collate' })
  if (script !== undefined && stdin !== undefined)
    throw new OpsError('E_USAGE', '--script uses the stdin of the host, so --stdin can not be given as well')
  const env = Object.fromEntries(options.env.map(parseVariable))
  return {
    ...(script === undefined ? await commandRequest(context, options) : await scriptRequest(context, script, command)),
    timeoutMs: options.timeout,
    idleTimeoutMs: options.idleTimeout,
    maxOutputBytes: options.spill ? Number.POSITIVE_INFINITY : options.maxOutput,
    env,
    idempotent: options.idempotent,
    view: view(context, options),
    diff: options.diff,
    store: options.collate || context.settings.outputs.some(({ format }) => format !== 'human'),
    ...(await outputDirectory(context, options)),
  }
}

/** @throws OpsError E_USAGE */
function checkCommand([program]: readonly string[]): void {
  if (program === undefined) {
    throw new OpsError('E_USAGE', 'no command was given', {
      hint: 'put it at the end, as in `opsctl exec -t web -- uptime`, or give --script',
    })
  }
  if (program.trim() === '') throw new OpsError('E_USAGE', 'the command is empty', { hint: 'is a variable of the shell unset?' })
}

type What = Pick<ExecRequest, 'command' | 'title' | 'stdin'>

async function commandRequest(context: Context, { command, stdin }: ExecOptions): Promise<What> {
  return {
    command: commandOf(command),
    title: command.join(' '),
    ...(stdin !== undefined && { stdin: await stored(context, { path: stdin }) }),
  }
}

async function scriptRequest(context: Context, path: string, args: readonly string[]): Promise<What> {
  const content = await stored(context, { path, snapshot: true })
  const { scriptCommand } = await import('./script.ts')
  const name = path === '-' ? 'stdin' : basename(path)
  return { command: await scriptCommand({ name, content, args }), title: [name, ...args].join(' '), stdin: content }
}

const stored = async (context: Context, input: { readonly path: string; readonly snapshot?: boolean }): Promise<StoredInput> =>
  (await import('./stored-input.ts')).storedInput(context, input)

const commandOf = (words: readonly string[]): ExecRequest['command'] => {
  const [line] = words
  return words.length === 1 && line !== undefined ? { shell: line } : { argv: words }
}

/** @throws OpsError E_USAGE */
function parseVariable(text: string): [string, string] {
  const [, name, value] = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(text) ?? []
  if (name === undefined || value === undefined) throw new OpsError('E_USAGE', `--env ${text}: not NAME=VALUE`)
  return [name, value]
}

/** What is shown while it happens: nothing where a machine format reads stdout, since that tells everything at the end. */
function view({ live }: Context, { collate, prefix }: ExecOptions): ExecRequest['view'] {
  if (collate) return 'collate'
  if (!live.active) return 'none'
  return prefix ? 'prefix' : 'plain'
}

async function outputDirectory(
  { paths, runId }: Context,
  { outputDir, spill }: ExecOptions,
): Promise<Pick<ExecRequest, 'outputDir'>> {
  if (outputDir !== undefined) {
    const directory = resolve(paths.cwd, outputDir)
    await (await import('./output-directory.ts')).makeOutputDirectory(directory)
    return { outputDir: directory }
  }
  return spill ? { outputDir: join(paths.state, 'runs', runId, 'output') } : {}
}
