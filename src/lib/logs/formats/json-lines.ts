import type { Format } from './format.ts'
import { Misfit } from './format.ts'
import { type ContainerLine, ContainerReader } from './pieces.ts'
import { textFormat } from './text-format.ts'

/** Objects of JSON, one a line: taken over as they stand, so that no digit of a number is lost. */
export const jsonLines: Format = textFormat('json', () => line => {
  const value = jsonObject(line)
  return value instanceof Misfit ? value : line.trim()
})

/** What Docker's json-file driver writes: `{"log":"…\n","stream":"stdout","time":"…"}`. A piece of a longer line has no newline. */
export const dockerJson: Format = { name: 'docker', open: () => new ContainerReader(dockerContent) }

function dockerContent(line: string): ContainerLine | Misfit {
  const value = jsonObject(line)
  if (value instanceof Misfit) return value
  const { log, stream, time, ...rest } = value
  if (typeof log !== 'string' || typeof time !== 'string') return new Misfit('has no log and time')
  const isWhole = log.endsWith('\n')
  return { time, stream, message: isWhole ? log.slice(0, -1) : log, isWhole, rest }
}

function jsonObject(line: string): Readonly<Record<string, unknown>> | Misfit {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return new Misfit('is not JSON')
  }
  return isObject(value) ? value : new Misfit('is JSON, but not an object')
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
