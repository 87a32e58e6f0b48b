import type { RecordLine } from '../line/record-line.ts'
import { oneLine } from '../summary.ts'

const maxExamples = 5
const maxLine = 300
const maxTraceId = 100
const traceFields = ['trace_id', 'traceId', 'trace.id', 'request_id', 'requestId', 'traceparent']

/** What examples are to have besides the fields of rules, where not all is kept. */
export const exampleFields = [...traceFields, 'method', 'path', 'message']

interface Example {
  readonly time: number
  readonly line: string
}

/** A few records that matter, as they are: masked, where they are. */
export class Examples {
  #kept: Example[] = []

  /** Keeps it where there is room, or where the oldest is from before `since`. */
  add(line: RecordLine, time: number, since: number): void {
    const kept = this.#kept
    if (kept.length >= maxExamples) {
      if ((kept[0] as Example).time >= since) return
      kept.shift()
    }
    kept.push({ time, line: line.json })
  }

  /** Those since then, for people. */
  detail(since: number): string {
    return detailOf(this.#kept.filter(({ time }) => time >= since).map(({ line }) => line))
  }
}

/** Lines of records, shortened, and the traces that they are of. */
export function detailOf(lines: readonly string[]): string {
  const traces = [...new Set(lines.flatMap(traceOf))]
  const told = lines.map(line => oneLine(line, maxLine))
  return [...told, ...(traces.length > 0 ? [`traces: ${traces.join(', ')}`] : [])].join('\n')
}

function traceOf(line: string): string[] {
  const record: Record<string, unknown> = JSON.parse(line)
  for (const name of traceFields) {
    const value = Object.hasOwn(record, name) ? record[name] : undefined
    if (typeof value === 'string' && value !== '') return [oneLine(value, maxTraceId)]
  }
  return []
}
