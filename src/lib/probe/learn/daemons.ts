import type { Found, Reading } from '../../core/check.ts'
import { type HostProcess, processesIn } from '../checks/process-list.ts'
import type { Learned, Lesson } from './lesson.ts'
import { hasManager, managerReadings } from './services.ts'
import { ownerReadings, ownersIn, programOf } from './socket-owners.ts'

/** `PID (COMMAND) STATE PARENT GROUP SESSION TERMINAL …` of every process (proc(5)), after the uptime. */
const parentsReading: Reading = {
  does: 'see who started the processes',
  script: 'cat /proc/uptime /proc/[0-9]*/stat 2>/dev/null; :',
}

/** What runs without a terminal below the first process of a host on which nothing looks after services, or listens there. */
export const daemons: Lesson = {
  title: 'Daemons: nothing on the host looks after services',
  readings: [...managerReadings, ...ownerReadings, parentsReading],
  learn(found) {
    if (hasManager(found)) return { checks: [], leftOut: [] }
    const detached = detachedPids(found)
    const listening = new Set([...ownersIn(found).values()].map(({ pid }) => pid))
    const checks = processesIn(found)
      .filter(({ pid }) => listening.has(pid) || detached.has(pid))
      .filter(process => listening.has(process.pid) || isDaemon(programOf(process)))
      .map(process =>
        processCheck(process, listening.has(process.pid) ? 'listens' : 'runs without a terminal since more than a minute'),
      )
    const byParams = new Map(checks.map(check => [JSON.stringify(check.params), check]))
    return { checks: [...byParams].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, check]) => check), leftOut: [] }
  },
}

/** What people and scripts leave behind. */
const passing = new Set(
  'sh bash dash ash zsh fish ksh sleep tail cat su sudo screen tmux ssh scp ssh-agent gpg-agent timeout script'.split(' '),
)

const isDaemon = (program: string): boolean => /^[\w.+@-]+$/.test(program) && !passing.has(program)

/** Run other programs, by whose path they are known. */
const interpreter = /^(python|perl|ruby|node|nodejs|java|php|lua|sh|bash|dash|ash|bun|deno)[\d.]*$/

function processCheck(process: HostProcess, does: string): Learned {
  const program = programOf(process)
  const script = interpreter.test(program)
    ? process.args
        .split(' ')
        .slice(1)
        .find(word => word.startsWith('/'))
    : undefined
  return {
    type: 'process',
    params: script === undefined ? { name: program } : { pattern: ` ${script.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}( |$)` },
    why: does,
  }
}

const firstPid = 1
const kernelThreads = 2
/** Of field 22 a second (CLK_TCK, the same on every Linux). */
const ticks = 100
const oldSeconds = 60

/** Children of the first process without a terminal that have run for a minute. */
function detachedPids(found: Found): ReadonlySet<number> {
  const [first = '', ...lines] = found(parentsReading).stdout.toString().split('\n')
  const uptime = Number.parseFloat(first)
  const pids = lines.flatMap(line => {
    const [, pid, rest = ''] = /^(\d+) \(.*\) [^Z] (.*)$/.exec(line) ?? []
    const fields = rest.split(' ').map(Number)
    const [parent, terminal, started = 0] = [fields[0], fields[3], fields[18]]
    const isOld = uptime - started / ticks >= oldSeconds
    return parent === firstPid && Number(pid) !== kernelThreads && terminal === 0 && isOld ? [Number(pid)] : []
  })
  return new Set(pids)
}
