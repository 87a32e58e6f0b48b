import { z } from 'zod'
import { pathField, patternField } from '../core/host-fields.ts'
import { StepError, type StepPlace } from '../core/plan.ts'
import { factsFunction } from '../plan/lease/lease-scripts.ts'
import { runScript } from '../plan/steps/on-host.ts'
import { absentFunction, allFields, hostScript } from '../transport/host-script.ts'

/** A process of a host. With its start it is not taken for another that got its number later. */
export interface HostProcess {
  readonly pid: number
  /** One letter, as ps shows it: T is stopped. */
  readonly state: string
  readonly parent: number
  /** Ticks from the boot. */
  readonly start: string
  /** Ticks of the processor that it has had. */
  readonly cpu: number
  /** As the kernel knows it, 15 bytes at most. */
  readonly name: string
  /** Words joined by blanks. */
  readonly args: string
}

/** Parameters that say which processes a fault is for. */
export const processFields = {
  name: z.string().min(1).optional().describe('name of the program, such as redis-server'),
  pattern: patternField().optional().describe('regular expression (JavaScript) that finds something in the command line'),
  pidfile: pathField().optional().describe('file that holds the number of the process'),
}

export interface ProcessChoice {
  readonly name?: string | undefined
  readonly pattern?: string | undefined
  readonly pidfile?: string | undefined
}

export const isOneChoice = ({ name, pattern, pidfile }: ProcessChoice): boolean =>
  [name, pattern, pidfile].filter(wish => wish !== undefined).length === 1

export const choiceText = ({ name, pattern, pidfile }: ProcessChoice): string =>
  name ?? (pattern === undefined ? `the process of ${pidfile}` : `what matches ${pattern}`)

/** Which process it is, for a journal. */
export const ProcessId = z.object({ pid: z.number(), start: z.string() })
export type ProcessId = z.output<typeof ProcessId>

const list = hostScript(
  'list the processes',
  '[ -r /proc/self/stat ] || { echo "it needs /proc" >&2; exit 1; };',
  'printf "%s\\0" "$$"; { cat /proc/[0-9]*/stat; printf "\\0"; head -c 4096 /proc/[0-9]*/cmdline /dev/null; } 2>/dev/null; printf "\\n\\0end\\0"',
)

/** All processes of the host but those that have ended, and but this look. @throws StepError, TransportError */
export async function listProcesses(
  place: StepPlace,
): Promise<{ readonly all: readonly HostProcess[]; readonly own: ReadonlySet<number> }> {
  const printed = (await runScript(place, list, { args: [] })).toString('latin1')
  const [shell = '', stats = '', ...rest] = printed.split('\0')
  const commands = commandLines(rest.join('\0'))
  const all = stats.split('\n').flatMap(line => parseStat(line, commands) ?? [])
  const parents = new Map(all.map(({ pid, parent }) => [pid, parent]))
  const own = new Set<number>()
  for (let pid = Number(shell); pid > 0 && !own.has(pid); pid = parents.get(pid) ?? 0) own.add(pid)
  const me = Number(shell)
  return { all: all.filter(({ pid, parent, state }) => pid !== me && parent !== me && state !== 'Z' && state !== 'X'), own }
}

/** head writes the name of each file before its first bytes. */
function commandLines(text: string): ReadonlyMap<number, string> {
  const heads = [...text.matchAll(/(?:^|\n)==> \/proc\/(\d+)\/cmdline <==\n/g)]
  return new Map(
    heads.map((head, index) => {
      const body = text.slice(head.index + head[0].length, heads[index + 1]?.index ?? text.length)
      return [Number(head[1]), body.replaceAll('\0', ' ').trim()]
    }),
  )
}

/** See proc(5): the name may hold blanks and brackets. */
function parseStat(line: string, commands: ReadonlyMap<number, string>): HostProcess | undefined {
  const [, pid, name = '', rest = ''] = /^(\d+) \((.*)\) (.*)$/.exec(line) ?? []
  if (pid === undefined) return undefined
  const [state = '', parent, ...fields] = rest.split(' ')
  const number = Number(pid)
  const cpu = Number(fields[9]) + Number(fields[10])
  return { pid: number, state, parent: Number(parent), start: fields[17] ?? '', cpu, name, args: commands.get(number) ?? '' }
}

/**
 * The processes that are meant, threads of the kernel and guards of leases excepted.
 * @throws StepError for none, for one without which opsctl could not heal the host, and for a pidfile that can not be read
 */
export async function chosenProcesses(place: StepPlace, choice: ProcessChoice): Promise<readonly HostProcess[]> {
  const { all, own } = await listProcesses(place)
  const pid = choice.pidfile === undefined ? undefined : await readPidfile(place, choice.pidfile)
  const pattern = choice.pattern === undefined ? undefined : new RegExp(choice.pattern, 'u')
  const isMeant = (process: HostProcess): boolean => {
    if (pid !== undefined) return process.pid === pid
    return pattern ? pattern.test(process.args) : isNamed(choice.name ?? '', process)
  }
  const found = all.filter(process => process.args !== '' && !/\/opsctl(-\d+)?\/lease-/.test(process.args) && isMeant(process))
  const vital = found.find(({ pid: number }) => number === 1 || own.has(number))
  if (vital) throw new StepError(`${vital.name} (${vital.pid}) carries opsctl itself: without it nothing could be healed`)
  if (found.length === 0) throw new StepError(`${choiceText(choice)} is not running`)
  return found
}

function isNamed(name: string, { name: known, args }: HostProcess): boolean {
  const program = args.split(' ', 1)[0]?.replace(/:$/, '').split('/').at(-1)
  return program === name || (Buffer.byteLength(name) <= 15 && known === name)
}

const pidScript = (path: string) =>
  hostScript(
    `read ${path}`,
    absentFunction,
    'if absent "$1"; then echo "there is no such file" >&2; exit 1; fi; pid=; read -r pid rest <"$1"; printf "%s\\0" "$pid"',
  )

async function readPidfile(place: StepPlace, path: string): Promise<number> {
  const [pid = ''] = allFields(await runScript(place, pidScript(path), { args: [path] }))
  if (/^\d+$/.test(pid) && Number(pid) > 0) return Number(pid)
  throw new StepError(`could not read ${path}: there is no number in it`)
}

/** Sends $1 to each process that follows as PID and START, if it is in one of the states $2, a pattern. One that is gone is none. */
export const signalScript = (does: string) =>
  hostScript(
    does,
    factsFunction,
    'sig=$1 states=$2 bad=0; shift 2;',
    'send() { { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 0; facts ${line##*) }; [ "$born" = "$2" ] || return 0;',
    'case $state in $states) kill -s "$sig" "$1" || bad=1;; esac; };',
    'while [ $# -gt 1 ]; do send "$1" "$2"; shift 2; done; exit $bad',
  )

export const idWords = (processes: readonly ProcessId[]): string[] => processes.flatMap(({ pid, start }) => [String(pid), start])

/** Those of them that still live, as they are now. */
export async function stillThere(place: StepPlace, processes: readonly ProcessId[]): Promise<readonly HostProcess[]> {
  const { all } = await listProcesses(place)
  return all.filter(({ pid, start }) => processes.some(known => known.pid === pid && known.start === start))
}
