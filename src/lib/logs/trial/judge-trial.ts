import { isDeepStrictEqual } from 'node:util'
import { unifiedDiff } from '../../core/unified-diff.ts'
import type { ExpectedRecord, PipelineTest } from '../pipeline/pipeline-test.ts'
import type { LogRecord } from '../records.ts'
import type { Trial } from './try-lines.ts'

/** Everything in which a trial is not what its test expects, as lines for people; none where it is. */
export function judgeTrial(test: PipelineTest, { shaped, sinks }: Trial): string[] {
  const { objects } = shaped.records
  const problems: string[] = []
  const count = (what: string, { expected, actual }: { expected: number | undefined; actual: number }): void => {
    if (expected !== undefined && expected !== actual) problems.push(`expected ${expected} ${what}, not ${actual}`)
  }
  if (test.expect !== undefined) {
    count(test.expect.length === 1 ? 'record' : 'records', { expected: test.expect.length, actual: objects.length })
    for (let index = 0; index < Math.max(test.expect.length, objects.length); index++)
      problems.push(...differences(index, { expected: test.expect[index], actual: objects[index] }))
  }
  count('dead', { expected: test.dead, actual: shaped.dead.length })
  count('filtered', { expected: test.filtered, actual: shaped.filtered })
  for (const [name, expected] of Object.entries(test.sinks ?? {}))
    count(`${expected === 1 ? 'record' : 'records'} for the sink ${name}`, { expected, actual: sinks[name] ?? 0 })
  // What died or was left out is most often why records are missing.
  if (problems.length > 0 && test.dead === undefined)
    problems.push(...shaped.dead.map(({ stage, reason, record }) => `dead (${stage}: ${reason}): ${record}`))
  if (problems.length > 0 && test.filtered === undefined && shaped.filtered > 0) problems.push(`filtered: ${shaped.filtered}`)
  return problems
}

function differences(
  index: number,
  { expected, actual }: { readonly expected: ExpectedRecord | undefined; readonly actual: LogRecord | undefined },
): string[] {
  const name = `record ${index + 1}`
  if (expected === undefined) return [`${name} is not expected: ${JSON.stringify(actual)}`]
  if (actual === undefined) return [`${name} is missing: ${JSON.stringify(expected.keys)}`]
  const given = Object.keys(expected.keys)
  const isSame = given.every(key => Object.hasOwn(actual, key) && isDeepStrictEqual(actual[key], expected.keys[key]))
  const present = expected.absent.filter(key => Object.hasOwn(actual, key))
  const told = present.map(key => `${name} has ${key}, which must be absent: ${JSON.stringify(actual[key])}`)
  if (isSame) return told
  const kept = Object.fromEntries(given.flatMap(key => (Object.hasOwn(actual, key) ? [[key, actual[key]]] : [])))
  const diff = unifiedDiff({ name: 'expected', text: pretty(expected.keys) }, { name: 'actual', text: pretty(kept) })
  return [`${name} is not what is expected: ${JSON.stringify(actual)}\n${diff.trimEnd()}`, ...told]
}

const pretty = (record: object): string => `${JSON.stringify(record, undefined, 2)}\n`
