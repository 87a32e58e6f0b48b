import type { CheckPlace, Found, Reading, ReadingOutput } from '../core/check.ts'
import type { Output } from '../core/transport.ts'
import { lastWords, scriptCommand, scriptOutput } from '../transport/host-script.ts'
import { isKernelFile, splitKernelFiles } from './file-reading.ts'
import { parseSections, type Section, scriptOf } from './reading-script.ts'

/** How long the readings of one command may take, milliseconds, besides the time between two readings of the same. */
const batchMs = 20_000

/** Of all that one command may print. */
const maxBytes = 16 * 1024 ** 2

/** What a host takes as one line is 128 KiB, of which quotes need a part. */
const maxLineBytes = 90_000

/**
 * Reads on one host with as few commands as possible: one, unless they do not fit. The same script with the same arguments is read once.
 * A reading that fails, hangs or prints too much spoils none of the others.
 * @throws TransportError when the host can not be reached
 */
export async function readAll(place: CheckPlace, readings: readonly Reading[]): Promise<Found> {
  const found = new Map<string, ReadingOutput>()
  let waiting = united(readings)
  while (waiting.length > 0) {
    const batch = fitting(waiting)
    const { answers, again } = await readBatch(place, batch)
    for (const [reading, output] of answers) found.set(keyOf(reading), output)
    waiting = [...again, ...waiting.slice(batch.length)]
  }
  return reading => {
    const output = found.get(keyOf(reading))
    if (output === undefined) throw new Error(`'${reading.does}' is not among what was read`)
    return output
  }
}

/** No argument holds a NUL: none could be handed to a shell. */
const keyOf = ({ script, args = [] }: Reading): string => [script, ...args].join('\0')

/** Each once; read again when one of them wants so, after the longest time. */
function united(readings: readonly Reading[]): Reading[] {
  const byKey = new Map<string, Reading>()
  for (const reading of readings) {
    const key = keyOf(reading)
    const known = byKey.get(key)
    const { againAfterMs = -1 } = reading
    if (known === undefined || againAfterMs > (known.againAfterMs ?? -1)) byKey.set(key, reading)
  }
  return [...byKey.values()]
}

/** As many from the start as fit into one line, at least one. */
function fitting(readings: readonly Reading[]): readonly Reading[] {
  let bytes = 0
  const end = readings.findIndex(({ script, args = [] }) => {
    bytes += 120 + Buffer.byteLength([script, ...args].join('    ')) + args.length * 8
    return bytes > maxLineBytes
  })
  return end === -1 ? readings : readings.slice(0, Math.max(1, end))
}

interface BatchResult {
  readonly answers: readonly (readonly [Reading, ReadingOutput])[]
  /** To be read by another command: an earlier one printed too much. */
  readonly again: readonly Reading[]
}

async function readBatch(place: CheckPlace, batch: readonly Reading[]): Promise<BatchResult> {
  const { transport, signal, sudo, clock, trace } = place
  const { script, args, frames } = scriptOf(batch)
  const timeoutMs = batchMs + Math.max(0, ...batch.map(({ againAfterMs = 0 }) => againAfterMs))
  const sent = clock.now()
  const options = { signal, timeoutMs, maxOutputBytes: maxBytes, ...(sudo && { sudo }) }
  const output = await transport.run(scriptCommand(script, args), options)
  const times = { sent, received: clock.now() }
  const printed = scriptOutput(output)
  const parsed = parseSections(printed ?? Buffer.alloc(0))
  const sections = byReading(frames, parsed.sections)
  const complaint = whyNot(output, printed !== undefined)
  const span =
    parsed.end === undefined ? undefined : { begun: parsed.sections[0]?.begun ?? Number.NaN, end: parsed.end, ...times }
  const answers = batch.map(reading => {
    const all = outputOf(sections.get(reading), { span, complaint })
    return [reading, reading.own && sections.has(reading) ? reading.own(all) : all] as const
  })
  for (const [{ does }, { code, complaint: why }] of answers)
    trace?.(`read     ${does}${code === 0 ? '' : `: ${why || `status ${code}`}`}`)
  if (output.ended !== 'output-limit') return { answers, again: [] }
  const [tooMuch, ...others] = frames.slice(parsed.sections.length)
  const lacking = [...new Set(others.flat())].filter(reading => !tooMuch?.includes(reading))
  return { answers: answers.filter(([reading]) => !lacking.includes(reading)), again: lacking }
}

/** Why there is no answer of a reading. */
function whyNot(output: Output, started: boolean): string {
  if (output.ended === 'output-limit') return `it printed more than ${maxBytes} bytes`
  if (output.ended === 'timeout') return 'no answer in time'
  if (output.ended) return output.message || output.ended
  if (!started) return lastWords(output) || 'the host does not run commands'
  return lastWords(output) || (output.signal ? `ended by SIG${output.signal}` : 'it ended before its answer')
}

/** What was read the first time, and the second. */
function byReading(frames: readonly (readonly Reading[])[], sections: readonly Section[]): ReadonlyMap<Reading, Section[]> {
  const read = new Map<Reading, Section[]>()
  const add = (reading: Reading, section: Section): unknown => read.set(reading, [...(read.get(reading) ?? []), section])
  for (const [index, section] of sections.entries()) {
    const frame = frames[index] ?? []
    if (!frame.some(isKernelFile)) for (const reading of frame) add(reading, section)
    else for (const [reading, own] of splitKernelFiles(section, frame)) add(reading, own)
  }
  return read
}

/** Status of what gave no answer, as a shell tells of a program that it can not start. */
const noAnswer = 126

interface Answered {
  /** Absent when the host did not come to its end. */
  readonly span: Span | undefined
  /** Why there was no answer. */
  readonly complaint: string
}

function outputOf([first, second]: readonly Section[] = [], { span, complaint }: Answered): ReadingOutput {
  if (first === undefined) return { code: noAnswer, stdout: Buffer.alloc(0), complaint }
  const seconds = second?.code === 0 ? second.begun - first.begun : 0
  const between = span && momentOf(first, span)
  return {
    code: first.code,
    stdout: first.stdout,
    complaint: lastWords({ stderr: Buffer.from(first.stderr) }),
    ...(second && seconds > 0 && { again: { stdout: second.stdout, seconds } }),
    ...(between && { between }),
  }
}

/** Of the uptime, in milliseconds: it has two digits after its point. */
const resolutionMs = 10

interface Span {
  readonly begun: number
  readonly end: number
  readonly sent: number
  readonly received: number
}

/** The host tells how long after its first and before its last word a reading was done: what is left is the time on the way. */
function momentOf(read: Section, { begun, end, sent, received }: Span): readonly [number, number] | undefined {
  const earliest = sent + (read.begun - begun) * 1000 - resolutionMs
  const latest = received - (end - read.ended) * 1000 + resolutionMs
  return Number.isFinite(earliest) && Number.isFinite(latest) ? [earliest, latest] : undefined
}
