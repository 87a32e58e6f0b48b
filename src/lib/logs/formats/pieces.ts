// Runtimes of containers write a long line of a program as several: its pieces, of which each but the last says that it goes on.
import { type LineReader, Misfit, type ReadPlace } from './format.ts'
import { addMisfit, lineAt, utf8Text } from './line.ts'

/** A line of a container's log. */
export interface ContainerLine {
  readonly time: string
  /** Lines of one stream are one behind the other, those of two may be mixed. */
  readonly stream: unknown
  readonly message: string
  /** Nothing of it follows. */
  readonly isWhole: boolean
  readonly rest?: Readonly<Record<string, unknown>>
}

/** More of one line is not joined: what follows is another record. Characters. */
const mostJoined = 1024 * 1024

interface OpenLine {
  readonly first: ContainerLine
  readonly pieces: string[]
  length: number
}

/** Lines of containers as records, their pieces joined. What is never finished is `partial`. */
export class ContainerReader implements LineReader {
  readonly #lineOf: (text: string) => ContainerLine | Misfit
  /** By stream, in the order in which they began. */
  readonly #open = new Map<unknown, OpenLine>()

  constructor(lineOf: (text: string) => ContainerLine | Misfit) {
    this.#lineOf = lineOf
  }

  *read(lines: Uint8Array, { records, tally }: ReadPlace): Iterable<Uint8Array> {
    for (let at = 0; at < lines.length; ) {
      const { end, next } = lineAt(lines, at)
      const text = utf8Text(lines, at, end)
      at = next
      if (text === '') tally.blank++
      else {
        const line = this.#lineOf(text)
        if (line instanceof Misfit) addMisfit(text, { reason: line.reason, records, tally })
        else this.#take(line, { records, tally })
      }
      if (records.isAmple) yield records.take()
    }
  }

  finish(place: ReadPlace): void {
    for (const open of this.#open.values()) addLine(joined(open), place)
    this.#open.clear()
  }

  #take(line: ContainerLine, place: ReadPlace): void {
    const open = this.#open.get(line.stream)
    if (open === undefined) {
      if (line.isWhole) addLine(line, place)
      else this.#open.set(line.stream, { first: line, pieces: [line.message], length: line.message.length })
      return
    }
    place.tally.continued++
    open.pieces.push(line.message)
    open.length += line.message.length
    if (!line.isWhole && open.length < mostJoined) return
    this.#open.delete(line.stream)
    addLine({ ...joined(open), isWhole: line.isWhole }, place)
  }
}

const joined = ({ first, pieces }: OpenLine): ContainerLine => ({ ...first, message: pieces.join('') })

function addLine({ time, stream, message, isWhole, rest }: ContainerLine, { records, tally }: ReadPlace): void {
  records.add(JSON.stringify({ time, stream, message, ...(!isWhole && { partial: true }), ...rest }))
  tally.records++
}

/** So many lines are looked at: a line of more pieces is not joined anyway. */
const mostPieces = 64

/** Where pieces begin whose rest is still to come, at the end of whole lines of whatever format; their length where there are none. */
export function piecesFrom(lines: Uint8Array): number {
  const bytes = Buffer.from(lines.buffer, lines.byteOffset, lines.length)
  const tags: Place[] = []
  for (let end = lines.length; tags.length < mostPieces && end > 0; ) {
    const begin = end < 2 ? 0 : bytes.lastIndexOf(newline, end - 2) + 1
    const line = bytes.subarray(begin, end)
    const tag = dockerTag(line) ?? criTag(line)
    if (tag === undefined) break
    tags.push({ ...tag, begin, end })
    end = begin
  }
  const last = tags.at(-1)
  return last === undefined || tags.every(({ isWhole }) => isWhole) ? lines.length : behindWhole(tags.reverse(), last.begin)
}

/** Behind the last of the lines where no stream has a piece whose rest is to come. */
function behindWhole(tags: readonly Place[], begin: number): number {
  const open = new Set<string>()
  let end = begin
  for (const tag of tags) {
    if (tag.isWhole) open.delete(tag.stream)
    else open.add(tag.stream)
    if (open.size === 0) end = tag.end
  }
  return end
}

interface Tag {
  readonly stream: string
  readonly isWhole: boolean
}

interface Place extends Tag {
  readonly begin: number
  readonly end: number
}

/** The head of a line of CRI; of what stands behind it nothing is read. */
function criTag(line: Buffer): Tag | undefined {
  const [, stream, tag] =
    /^\d{4}-\d\d-\d\dT\S{8,40} (stdout|stderr) ([PF])[ :\r\n]/.exec(line.toString('latin1', 0, headBytes)) ?? []
  return stream === undefined ? undefined : { stream, isWhole: tag === 'F' }
}

const headBytes = 80
const dockerHead = Buffer.from('{"log":"')

function dockerTag(line: Buffer): Tag | undefined {
  if (!line.subarray(0, dockerHead.length).equals(dockerHead)) return undefined
  let quote = dockerHead.length
  while (quote < line.length && line[quote] !== 34) quote += line[quote] === backslash ? 2 : 1
  const [, stream] = /^","stream":"(stdout|stderr)"/.exec(line.toString('latin1', quote, quote + headBytes)) ?? []
  return stream === undefined ? undefined : { stream, isWhole: endsInNewline(line, quote) }
}

/** Whether `\n` stands before the place: its backslash is no escaped one. */
function endsInNewline(line: Buffer, end: number): boolean {
  if (line[end - 1] !== letterN) return false
  let backslashes = 0
  while (line[end - 2 - backslashes] === backslash) backslashes++
  return backslashes % 2 === 1
}

const [newline, backslash, letterN] = [10, 92, 110]
