import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { rfc3339 } from '../../core/clock.ts'
import type { Context } from '../../core/context.ts'
import type { Document } from '../../core/report.ts'
import { oneLine } from '../../render/visible-text.ts'
import { columnTable } from '../../surface/column-table.ts'
import type { StoredLetter } from '../delivery/dead-letters.ts'
import { readDeadLetters } from '../delivery/dead-letters.ts'
import type { DlqListOptions } from '../options.ts'
import { pipelineDirectory } from '../pipeline-directory.ts'
import { letterFilter } from './letter-filter.ts'

const shownRecord = 100

/** The dead letters of a pipeline, newest last, whether it runs or not. Changes nothing. @throws OpsError E_STATE */
export async function listLetters(context: Context, options: DlqListOptions): Promise<Document> {
  const { pipeline, limit, ...choice } = options
  const directory = join(pipelineDirectory(context, pipeline), 'dead')
  let count = 0
  const newest: StoredLetter[] = []
  if (existsSync(directory))
    for await (const stored of readDeadLetters(directory, letterFilter(choice, context.clock.now()))) {
      context.signal.throwIfAborted()
      count++
      newest.push(stored)
      if (newest.length > limit) newest.shift()
    }
  return { mime: 'text/plain', text: textOf(newest, count), data: { count, letters: newest.map(dataOf) } }
}

function textOf(letters: readonly StoredLetter[], count: number): string {
  if (count === 0) return 'no dead letters\n'
  const rows = letters.map(({ letter: { at, source, sink, stage, reason, record } }) => [
    rfc3339(at),
    source,
    sink ?? stage,
    oneLine(reason),
    shortened(oneLine(record)),
  ])
  const table = columnTable(['TIME', 'SOURCE', 'SINK', 'REASON', 'RECORD'], rows)
  const more = count - letters.length
  return `${table}\n${more > 0 ? `and ${more} older: --limit shows more\n` : ''}`
}

const shortened = (text: string): string => (text.length <= shownRecord ? text : `${text.slice(0, shownRecord - 1)}…`)

const dataOf = ({ sequence, letter: { at, sink, cutFrom, ...letter } }: StoredLetter) => ({
  sequence,
  at: rfc3339(at),
  sink: sink ?? null,
  ...letter,
  ...(cutFrom !== undefined && { cutFrom }),
})
