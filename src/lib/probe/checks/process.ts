import { z } from 'zod'
import type { Check, CheckPlace, CheckResult } from '../../core/check.ts'
import { defineCheck } from '../../core/component.ts'
import { pathField, patternField } from '../../core/host-fields.ts'
import type { Json } from '../../core/json.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { parseParams } from '../../core/params.ts'
import { absentFunction, hostScript } from '../../transport/host-script.ts'
import { judge, see } from './look.ts'
import { listProcesses } from './process-list.ts'

const Params = z
  .strictObject({
    name: z.string().min(1).optional().describe('name of the program, such as nginx'),
    pattern: patternField().optional().describe('regular expression (JavaScript) that finds something in the command line'),
    pidfile: pathField().optional().describe('file that holds the number of the process'),
    count: z.int().min(0).optional().describe('exactly so many; at least one when absent'),
  })
  .refine(({ name, pattern, pidfile }) => [name, pattern, pidfile].filter(wish => wish !== undefined).length === 1, {
    error: 'needs one of name, pattern and pidfile',
  })
type Params = z.output<typeof Params>

/** Processes that run on the host; those that have ended and wait for their parent (zombies) do not count. */
export default defineCheck({
  type: 'process',
  version: '1.0.0',
  summary: 'process that must run, by name, command line or pidfile',
  stability: 'beta',
  schema: jsonSchemaOf(Params),
  example: { name: 'sshd' },
  build: config => processCheck(config),
})

function processCheck(config: Json): Check {
  const params = parseParams(Params, config)
  const what = params.name ?? params.pattern ?? `the process of ${params.pidfile}`
  const title = params.count === undefined ? `${what} is running` : `${what} is running ${params.count} times`
  return { title, run: place => judge(async () => verdictOf(await count(place, params), { what, wanted: params.count })) }
}

function verdictOf(found: number, { what, wanted }: { readonly what: string; readonly wanted: number | undefined }): CheckResult {
  const good = wanted === undefined ? found > 0 : found === wanted
  const times = found === 0 ? 'is not running' : found === 1 ? 'is running once' : `is running ${found} times`
  const message = `${what} ${times}${good || wanted === undefined ? '' : `, not ${wanted}`}`
  return { verdict: good ? 'pass' : 'fail', message, metrics: { processes: found } }
}

async function count(place: CheckPlace, { name, pattern, pidfile }: Params): Promise<number> {
  if (pidfile !== undefined) return (await runsByPidfile(place, pidfile)) ? 1 : 0
  const found = pattern === undefined ? undefined : new RegExp(pattern, 'u')
  const processes = await listProcesses(place)
  return processes.filter(({ command, args }) => (found ? found.test(args) : isNamed(name ?? '', { command, args }))).length
}

/** The kernel keeps 15 bytes of a name; a longer one is known by the program's path. */
function isNamed(name: string, { command, args }: { readonly command: string; readonly args: string }): boolean {
  const program = args.split(' ', 1)[0]?.replace(/:$/, '').split('/').at(-1)
  return program === name || (Buffer.byteLength(name) <= 15 && command === name)
}

async function runsByPidfile(place: CheckPlace, pidfile: string): Promise<boolean> {
  const script = hostScript(
    `look at ${pidfile}`,
    absentFunction,
    'if absent "$1"; then echo no; exit; fi;',
    '[ -r "$1" ] || { echo "permission denied" >&2; exit 1; }; pid=; read -r pid rest <"$1";',
    '[ "$pid" -gt 0 ] 2>/dev/null || { echo "there is no number in it" >&2; exit 1; };',
    'if [ -d "/proc/$pid" ]; then case $(cat "/proc/$pid/stat" 2>/dev/null) in *") Z "*|"") echo no;; *) echo yes;; esac; else echo no; fi',
  )
  return (await see(place, script, [pidfile])).toString().trim() === 'yes'
}
