import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { Found, Reading, ReadingOutput } from '../../src/lib/core/check.ts'
import type { Reason, Verdict } from '../../src/lib/core/item.ts'
import type { Json } from '../../src/lib/core/json.ts'
import { notThere } from '../../src/lib/probe/file-reading.ts'

/** What a reading gave: its output, or more. */
type WrittenOutput =
  | string
  | {
      readonly stdout?: string
      readonly code?: number
      readonly complaint?: string
      /** What it gave the second time, and after how many seconds. */
      readonly again?: string
      readonly seconds?: number
      readonly between?: readonly [number, number]
    }

/** A case of test/probe/data/TYPE.yaml: what stands on a host, and what a check says of it. */
export interface HostCase {
  readonly case: string
  readonly config?: Json
  /** By what the readings do; `/proc/stat` stands for `read /proc/stat`. What is not named here is not there. */
  readonly reads: Readonly<Record<string, WrittenOutput>>
  readonly expect: Verdict
  readonly reason?: Reason
  /** Part of the message. */
  readonly says: string
  readonly metrics?: Readonly<Record<string, number>>
  /** Part of the evidence. */
  readonly shows?: string
}

/** Of one check; none when it has no file. */
export function hostCases(type: string): readonly HostCase[] {
  const file = join(import.meta.dirname, 'data', `${type}.yaml`)
  return existsSync(file) ? parse(readFileSync(file, 'utf8')) : []
}

/** What the readings of a case find; fields that end with a NUL are written with `␀`. */
export function foundOf({ reads }: HostCase, readings: readonly Reading[]): Found {
  const unknown = Object.keys(reads).filter(name => !readings.some(reading => isNamed(reading, name)))
  if (unknown.length > 0)
    throw new Error(`no reading does '${unknown}': there are '${readings.map(({ does }) => does).join(`', '`)}'`)
  return reading => {
    const written = Object.entries(reads).find(([name]) => isNamed(reading, name))?.[1]
    if (written === undefined) return outputOf({ code: notThere })
    return outputOf(typeof written === 'string' ? { stdout: written } : written)
  }
}

const isNamed = ({ does }: Reading, name: string): boolean => does === name || does === `read ${name}`

function outputOf({
  stdout = '',
  code = 0,
  complaint = '',
  again,
  seconds = 1,
  between,
}: Exclude<WrittenOutput, string>): ReadingOutput {
  return {
    code,
    stdout: bytesOf(stdout),
    complaint,
    ...(again !== undefined && { again: { stdout: bytesOf(again), seconds } }),
    ...(between && { between }),
  }
}

const bytesOf = (text: string): Buffer => Buffer.from(text.replaceAll('␀', '\0'))
