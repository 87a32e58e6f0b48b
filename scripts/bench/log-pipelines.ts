import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CountingServer } from './counting-server.ts'
import { opsctlProgram } from './fleet-clients.ts'

export interface PipelineWork {
  readonly name: string
  readonly argv: readonly string[]
  /** File of its records, if it writes one. */
  readonly out?: string
  /** Where else they arrive. */
  readonly server?: CountingServer
}

/** Servers that take lines: one at once, one that is busy for its first seconds, so that its lines go through the spool. */
export interface LineServers {
  readonly ready: CountingServer
  readonly late: CountingServer
}

/** The expression that a user would write for the combined format with a time behind it. */
const ownExpression =
  '^(?P<remote_addr>\\S+) \\S+ (?P<remote_user>\\S+) \\[(?P<time>[^\\]]+)\\] "(?P<request>[^"]*)" (?P<status>\\d+) (?P<bytes>\\d+|-) "(?P<referer>[^"]*)" "(?P<user_agent>[^"]*)" (?P<request_time>\\S+)$'

interface Shape {
  readonly from?: 'file' | 'stdin'
  readonly format?: string
  readonly rules?: object
  readonly toFile?: boolean
  readonly toServer?: CountingServer
}

/** Pipelines with checkpoints and acknowledgement, each from the beginning of the log to its end. */
export function pipelineWorks(directory: string, { log, servers }: { readonly log: string; readonly servers: LineServers }) {
  const work = (
    name: string,
    { from = 'file', format = 'combined-time', rules, toFile = false, toServer }: Shape,
  ): PipelineWork => {
    const own = join(directory, name.replaceAll(/\W+/g, '-'))
    mkdirSync(own)
    const out = join(own, 'out.ndjson')
    const pipeline = {
      sources: { web: from === 'file' ? { type: 'file', paths: [log], format } : { type: 'stdin', format } },
      ...(rules
        ? { rules }
        : {
            sinks: {
              ...(toFile && { out: { type: 'file', path: out } }),
              ...(toServer && { hook: { type: 'http', url: toServer.url } }),
            },
          }),
    }
    // JSON is YAML too.
    writeFileSync(join(own, 'pipeline.yaml'), JSON.stringify(pipeline))
    const input = from === 'stdin' ? `< ${log}` : ''
    const script = `rm -rf "$1" "$2"; exec env XDG_STATE_HOME="$2" "$0" ship-logs -f "$3" ${input}`
    const argv = ['sh', '-c', script, opsctlProgram(), out, join(own, 'state'), join(own, 'pipeline.yaml')]
    return { name, argv, ...(toFile && { out }), ...(toServer && { server: toServer }) }
  }
  return [
    work(toFileName, { toFile: true }),
    work(rulesName, { rules }),
    work(ownName, { format: `regex:${ownExpression}`, toFile: true }),
    work(overHttpName, { toServer: servers.ready }),
    work(`${toFileName}, through the spool`, { from: 'stdin', toFile: true }),
    work(`${overHttpName}, through the spool`, { from: 'stdin', toServer: servers.ready }),
    work(bothName, { toFile: true, toServer: servers.ready }),
    work(`${bothName}, which is behind`, { toFile: true, toServer: servers.late }),
  ]
}

/** The lines are of yesterday, and their hour comes again and again: they count all the same. */
const late = { stale_after: '20d', lateness: '2h' }
const rules = {
  errors: { when: '5xx share > 10 % over 1m', by: ['method'], ...late },
  slow: { when: 'p99 request_time > 2 s over 1m', ...late },
}
const rulesName = 'pipeline: two rules alone'
const ownName = "pipeline: a user's own regex, to a file"
const toFileName = 'pipeline: known format, to a file'
const overHttpName = 'pipeline: known format, acknowledged over HTTP'
const bothName = 'pipeline: known format, to a file and over HTTP'

interface Measured {
  /** MB a CPU second. */
  readonly speed: number
  readonly memoryMiB: number
}

/** What pipelines are to reach; `measured` gives nothing for what did not run. */
export function pipelineGoals(measured: (name: string) => Measured | undefined) {
  const speed = (name: string, least: number) => {
    const found = measured(name)
    return found ? [{ text: `${name}: MB a CPU second`, value: found.speed, least }] : []
  }
  const memory = [rulesName, ownName, toFileName, overHttpName, ...[toFileName, overHttpName, bothName].map(behindOf)].flatMap(
    name => {
      const found = measured(name)
      return found ? [{ text: `${name}: MiB`, value: found.memoryMiB, most: 100 }] : []
    },
  )
  const half = [toFileName, overHttpName, bothName].flatMap(name => {
    const [direct, spooled] = [measured(name), measured(behindOf(name))]
    return direct && spooled
      ? [{ text: `${behindOf(name)}: of what it does without`, value: spooled.speed / direct.speed, least: 0.5 }]
      : []
  })
  return [
    ...speed(rulesName, 400),
    ...speed(ownName, 75),
    ...speed(toFileName, 200),
    ...speed(overHttpName, 100),
    ...half,
    ...memory,
  ]
}

const behindOf = (name: string): string => (name === bothName ? `${name}, which is behind` : `${name}, through the spool`)
