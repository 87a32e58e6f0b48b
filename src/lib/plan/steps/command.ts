import { z } from 'zod'
import { defineStep } from '../../core/component.ts'
import { commandField, pathField } from '../../core/host-fields.ts'
import type { Json } from '../../core/json.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { parseParams } from '../../core/params.ts'
import { type LoneCommand, StepError, type StepKind, type StepPlace } from '../../core/plan.ts'
import { absentFunction, hostScript, lastWords } from '../../transport/host-script.ts'
import { loneScript, runScript, runToEnd } from './on-host.ts'

const Params = z
  .strictObject({
    run: commandField().describe('a line for sh, or a list of words that reach the program unchanged'),
    undo: commandField()
      .describe(
        'takes it back; must be harmless when run twice, or when `run` ended half-way. Without it the step can not be undone',
      )
      .optional(),
    creates: pathField().optional().describe('marker that `run` makes and `undo` removes: where it exists, `run` is not needed'),
    idempotent: z
      .boolean()
      .optional()
      .describe(
        'running it again is harmless: a resumed change does so where nobody knows whether it ran, and else takes it back first',
      ),
    env: z
      .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string())
      .optional()
      .describe('environment variables; their values are never part of a command line'),
    cwd: pathField().optional().describe('working directory'),
  })
  .describe('a command of your own')
type Params = z.output<typeof Params>

const Before = z.object({ marked: z.boolean() })

/**
 * Runs a command of the user. Only what `undo` says can be undone; with `creates` it is undone only where the marker was not there before
 * and is there now.
 */
export default defineStep({
  type: 'command',
  version: '1.0.0',
  summary: 'command of your own, with one that takes it back and a marker that tells whether it ran',
  stability: 'beta',
  schema: jsonSchemaOf(Params),
  example: { run: 'mkdir /srv/shop', undo: ['rmdir', '/srv/shop'], creates: '/srv/shop' },
  build: config => commandStep(config),
})

function commandStep(config: Json): StepKind {
  const params = parseParams(Params, config)
  const { run, undo, creates } = params
  const marked = async (place: StepPlace): Promise<boolean> => creates !== undefined && (await exists(place, creates))
  return {
    ...(creates === undefined && !params.idempotent && { onlyOnce: true as const }),
    describe: () => `run ${wordsOf(run)}`,
    capture: async place => ({ marked: await marked(place) }),
    needed: before => !Before.parse(before).marked,
    diff: () => `run: ${wordsOf(run)}\nundo: ${undo === undefined ? 'none' : wordsOf(undo)}\n`,
    async do(place) {
      // A resumed change does again what may have been done.
      if (!(await marked(place))) await runOwn(place, params, run)
    },
    async verify(place) {
      if (creates !== undefined && !(await marked(place))) throw new StepError(`${wordsOf(run)} did not create ${creates}`)
    },
    doAlone: () => [alone(params, run, 'unless')],
    ...(undo !== undefined && {
      undoAlone: (before: Json) => (Before.parse(before).marked ? [] : [alone(params, undo, 'where')]),
      async undo(place: StepPlace, before: Json) {
        if (creates !== undefined && (Before.parse(before).marked || !(await marked(place)))) return
        await runOwn(place, params, undo)
      },
      async verifyUndone(place: StepPlace, before: Json) {
        if (creates === undefined || Before.parse(before).marked === (await marked(place))) return
        throw new StepError(`${creates} is ${Before.parse(before).marked ? 'gone' : 'still there'}`)
      },
    }),
  }
}

/** @throws StepError for a non-zero status, with what the command said last */
async function runOwn(place: StepPlace, params: Params, line: Params['run']): Promise<void> {
  const { argv, stdin } = commandOf(params, line)
  const output = await runToEnd(place, { argv }, { does: `run ${wordsOf(line)}`, ...(stdin && { stdin }) })
  if (output.code === 0) return
  const how = output.signal === undefined ? `status ${output.code}` : `SIG${output.signal}`
  // Some programs complain on stdout.
  const said = lastWords(output, 5) || lastWords({ stderr: output.stdout }, 5)
  throw new StepError(`${wordsOf(line)} ended with ${how}${said && `: ${said}`}`)
}

/** Asks for the marker on the way: runs `where` it is, or `unless` it is. */
function alone(params: Params, line: Params['run'], when: 'where' | 'unless'): LoneCommand {
  const { argv, stdin } = commandOf(params, line)
  const does = `run ${wordsOf(line)}`
  if (params.creates === undefined) return { does, argv, ...(stdin && { stdin }) }
  const script = hostScript(
    does,
    absentFunction,
    'if absent "$1"; then found=unless; else found=where; fi; if [ "$2" = $found ]; then shift 2; exec "$@"; fi',
  )
  return loneScript(script, { args: [params.creates, when, ...argv], ...(stdin && { stdin }) })
}

/** Takes variables as lines for sh from stdin, all of them or none, and runs what follows without them in sight. */
const withVariables = 'eval "$(cat)"; [ "$opsctl_env" = whole ] || exit 125; unset opsctl_env; exec "$@" </dev/null'

/** Values of variables go through stdin: an argument could be read by every user of the host, and sudo writes it into its log. */
function commandOf(
  { env = {}, cwd }: Params,
  line: Params['run'],
): { readonly argv: readonly string[]; readonly stdin?: Uint8Array } {
  const argv = typeof line === 'string' ? ['sh', '-c', line] : line
  const placed = cwd === undefined ? argv : ['sh', '-c', 'cd "$1" && shift && exec "$@"', 'sh', cwd, ...argv]
  const exports = Object.entries(env).map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'\n`)
  if (exports.length === 0) return { argv: placed }
  return {
    argv: ['sh', '-c', withVariables, 'sh', ...placed],
    stdin: Buffer.from(`${exports.join('')}opsctl_env=whole\n`),
  }
}

async function exists(place: StepPlace, path: string): Promise<boolean> {
  const script = hostScript(`look for ${path}`, absentFunction, 'if absent "$1"; then echo no; else echo yes; fi')
  return (await runScript(place, script, { args: [path] })).toString().trim() === 'yes'
}

/** For messages: short, in one line. */
function wordsOf(line: Params['run']): string {
  const words = (typeof line === 'string' ? line : line.join(' ')).replace(/\s+/g, ' ').trim()
  return words.length > 80 ? `${words.slice(0, 79)}…` : words
}
