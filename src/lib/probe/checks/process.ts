import { z } from 'zod'
import type { CheckResult, Found, Reading } from '../../core/check.ts'
import { pathField, patternField } from '../../core/host-fields.ts'
import { absentFunction } from '../../transport/host-script.ts'
import { defineHostCheck, textIn } from '../host-check.ts'
import { processesIn, processesReading } from './process-list.ts'

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
export default defineHostCheck({
  type: 'process',
  summary: 'process that must run, by name, command line or pidfile',
  example: { name: 'sshd' },
  params: Params,
  title: params =>
    params.count === undefined ? `${whatOf(params)} is running` : `${whatOf(params)} is running ${params.count} times`,
  readings: ({ pidfile }) => [pidfile === undefined ? processesReading : pidfileReading(pidfile)],
  judge: (params, found) => verdictOf(count(params, found), { what: whatOf(params), wanted: params.count }),
})

const whatOf = ({ name, pattern, pidfile }: Params): string => name ?? pattern ?? `the process of ${pidfile}`

function verdictOf(found: number, { what, wanted }: { readonly what: string; readonly wanted: number | undefined }): CheckResult {
  const good = wanted === undefined ? found > 0 : found === wanted
  const times = found === 0 ? 'is not running' : found === 1 ? 'is running once' : `is running ${found} times`
  const message = `${what} ${times}${good || wanted === undefined ? '' : `, not ${wanted}`}`
  return {
    verdict: good ? 'pass' : 'fail',
    ...(!good && { reason: found === 0 ? 'missing' : 'state' }),
    message,
    metrics: { processes: found },
  }
}

function count({ name, pattern, pidfile }: Params, found: Found): number {
  if (pidfile !== undefined) return textIn(found, pidfileReading(pidfile)).trim() === 'yes' ? 1 : 0
  const wanted = pattern === undefined ? undefined : new RegExp(pattern, 'u')
  return processesIn(found).filter(({ command, args }) => (wanted ? wanted.test(args) : isNamed(name ?? '', { command, args })))
    .length
}

/** The kernel keeps 15 bytes of a name; a longer one is known by the program's path. */
function isNamed(name: string, { command, args }: { readonly command: string; readonly args: string }): boolean {
  const program = args.split(' ', 1)[0]?.replace(/:$/, '').split('/').at(-1)
  return program === name || (Buffer.byteLength(name) <= 15 && command === name)
}

const pidfileReading = (pidfile: string): Reading => ({
  does: `look at ${pidfile}`,
  script: [
    absentFunction,
    'if absent "$1"; then echo no; exit; fi;',
    '[ -r "$1" ] || { echo "permission denied" >&2; exit 1; }; pid=; read -r pid rest <"$1";',
    '[ "$pid" -gt 0 ] 2>/dev/null || { echo "there is no number in it" >&2; exit 1; };',
    'if [ -d "/proc/$pid" ]; then case $(cat "/proc/$pid/stat" 2>/dev/null) in *") Z "*|"") echo no;; *) echo yes;; esac; else echo no; fi',
  ].join(' '),
  args: [pidfile],
})
