import { basename, join, resolve } from 'node:path'
import { z } from 'zod'
import type { Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import { sizeField } from '../core/fields.ts'
import { fleetOptions } from '../fleet/index.ts'
import { makeOutputDirectory } from './output-directory.ts'
import type { ExecRequest } from './request.ts'
import { scriptCommand } from './script.ts'
import { storedInput } from './stored-input.ts'

const what = 'Command'
const shown = 'Output'

/** Flags of `opsctl exec`. */
export const execOptions = z.strictObject({
  command: z.array(z.string()).default([]).meta({
    positional: true,
    value: 'COMMAND',
    completes: 'none',
    description:
      "a change file (CHANGE.yaml); or: one word is a line for the host's shell, several are a program and its arguments, passed exactly",
  }),
  ...fleetOptions,
  dryRun: z.boolean().default(false).meta({
    short: 'n',
    group: what,
    description: 'of a change file: show what would be changed on each host, and change nothing',
  }),
  detailedExitCode: z.boolean().default(false).meta({
    group: what,
    commandLineOnly: true,
    description: 'with --dry-run: exit with 4 when something would be changed, with 0 when nothing would',
  }),
  resume: z.string().optional().meta({
    value: 'RUN_ID',
    group: what,
    commandLineOnly: true,
    description: 'go on with a change that was killed, as `opsctl runs list` shows it',
  }),
  script: z.string().optional().meta({
    value: 'FILE',
    group: what,
    completes: 'files',
    commandLineOnly: true,
    description:
      'run this local script there, its interpreter from the first line; COMMAND gives its arguments; nothing is left on the host; - reads it from stdin',
  }),
  env: z
    .array(z.string())
    .default([])
    .meta({ short: 'e', value: 'NAME=VALUE', group: what, commandLineOnly: true, description: 'set a variable for the command' }),
  stdin: z.string().optional().meta({
    value: 'FILE',
    group: what,
    completes: 'files',
    commandLineOnly: true,
    description: "feed this file to the command on every host; - is opsctl's own stdin",
  }),
  idempotent: z
    .boolean()
    .default(false)
    .meta({ group: what, description: 'the command may run twice: run it again when the connection breaks' }),
  collate: z
    .boolean()
    .default(false)
    .meta({ short: 'b', group: shown, description: 'same output of several hosts once, under their node set' }),
  diff: z
    .boolean()
    .default(false)
    .meta({ group: shown, description: 'with --collate: show how the other groups differ from the largest' }),
  prefix: z
    .boolean()
    .default(true)
    .meta({ group: shown, description: 'no host name before each line, and on a terminal no control sequence taken away' }),
  outputDir: z
    .string()
    .optional()
    .meta({ value: 'DIR', group: shown, completes: 'directories', description: 'a file for each host, HOST and HOST.stderr' }),
  maxOutput: sizeField()
    .prefault('64MiB')
    .meta({ value: 'SIZE', group: shown, description: 'of one host; more ends its command' }),
  spill: z.boolean().default(false).meta({
    group: shown,
    description: 'keep all output in files below the state directory, without a limit, and name them in the report',
  }),
})
export type ExecOptions = z.output<typeof execOptions>

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
    ...(stdin !== undefined && { stdin: await storedInput(context, { path: stdin }) }),
  }
}

async function scriptRequest(context: Context, path: string, args: readonly string[]): Promise<What> {
  const content = await storedInput(context, { path, snapshot: true })
  const name = path === '-' ? 'stdin' : basename(path)
  return { command: await scriptCommand({ name, content, args }), title: [name, ...args].join(' '), stdin: content }
}

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
    await makeOutputDirectory(directory)
    return { outputDir: directory }
  }
  return spill ? { outputDir: join(paths.state, 'runs', runId, 'output') } : {}
}
