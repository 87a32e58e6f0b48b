import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { opsctlProgram } from './fleet-clients.ts'

export interface PipelineWork {
  readonly name: string
  readonly argv: readonly string[]
  readonly out: string
}

/** The expression that a user would write for the combined format with a time behind it. */
const ownExpression =
  '^(?P<remote_addr>\\S+) \\S+ (?P<remote_user>\\S+) \\[(?P<time>[^\\]]+)\\] "(?P<request>[^"]*)" (?P<status>\\d+) (?P<bytes>\\d+|-) "(?P<referer>[^"]*)" "(?P<user_agent>[^"]*)" (?P<request_time>\\S+)$'

/** Pipelines with checkpoints and acknowledgement, each from the beginning of the log to its end. */
export function pipelineWorks(directory: string, log: string): PipelineWork[] {
  const work = (name: string, format: string): PipelineWork => {
    const own = join(directory, name.replaceAll(/\W+/g, '-'))
    mkdirSync(own)
    const out = join(own, 'out.ndjson')
    const pipeline = {
      sources: { web: { type: 'file', paths: [log], format } },
      sinks: { out: { type: 'file', path: out } },
    }
    // JSON is YAML too.
    writeFileSync(join(own, 'pipeline.yaml'), JSON.stringify(pipeline))
    const script = 'rm -rf "$1" "$2"; exec env XDG_STATE_HOME="$2" "$0" ship-logs -f "$3"'
    return { name, out, argv: ['sh', '-c', script, opsctlProgram(), out, join(own, 'state'), join(own, 'pipeline.yaml')] }
  }
  return [
    work('pipeline: known format, to a file', 'combined-time'),
    work("pipeline: a user's own regex, to a file", `regex:${ownExpression}`),
  ]
}
