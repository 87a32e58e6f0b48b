import { describe, expect, test } from 'bun:test'
import type { OpsError } from '../../../src/lib/core/errors.ts'
import { readText } from './read.ts'

const source = 'sources:\n  web: { type: file, paths: [access.log] }\n'
const sink = 'sinks:\n  out: { type: stdout }\n'

/** A file, and all that is said of it: `line:column: problem (hint)`. */
const mistakes: readonly (readonly [name: string, text: string, ...problems: string[]])[] = [
  ['a list', '- web', '1:1: a pipeline must be keys and values, not a list (it has sources:, and sinks: or rules:)'],
  ['an unknown key', `source: {}\n${source}${sink}`, "1:1: unknown key 'source' in a pipeline (did you mean sources?)"],
  ['no sinks', source, '1:1: a pipeline needs sinks (write `sinks: { NAME: { type: file, … } }`)'],
  ['sinks that are none', `${source}sinks: {}`, '3:8: there are no sinks (write `sinks: { NAME: { type: file, … } }`)'],
  [
    'a wrong type of source',
    `sources:\n  web: { type: fil }\n${sink}`,
    "2:16: there is no source of type 'fil' (did you mean file?)",
  ],
  [
    'a wrong type of sink',
    `${source}sinks:\n  out: { type: stdou }`,
    "4:16: there is no sink of type 'stdou' (did you mean stdout?)",
  ],
  [
    'a bad name',
    `${source}sinks:\n  "a b": { type: stdout }`,
    "4:3: 'a b' can not be the name of a sink (letters, digits, . _ and -)",
  ],
  [
    'an unknown parameter of a source',
    `sources:\n  web: { type: file, path: [a] }\n${sink}`,
    "2:22: file: there is no 'path' here (did you mean paths?)",
  ],
  [
    'a multiline that tells events apart in two ways',
    `sources:\n  web: { type: file, paths: [a], multiline: { start: a, indented: true } }\n${sink}`,
    "2:45: multiline has start and indented: one tells events apart (write `multiline: { start: '^\\d{4}-' }`, or continue:, end:, indented: true)",
  ],
  [
    'an expression of multiline that is none',
    `sources:\n  web: { type: file, paths: [a], multiline: { start: '(' } }\n${sink}`,
    '2:54: start: error parsing regexp: missing closing ): `(` (it is an expression of RE2)',
  ],
  [
    'an unknown encoding',
    `sources:\n  web: { type: file, paths: [a], encoding: utf8 }\n${sink}`,
    '2:44: there is no encoding "utf8" (did you mean utf-8?)',
  ],
  [
    'a wrong format',
    `sources:\n  web: { type: file, paths: [a], format: combind }\n${sink}`,
    "2:42: format: there is no format 'combind' (did you mean combined?)",
  ],
  [
    'a wrong variable of nginx',
    `sources:\n  web: { type: file, paths: [a], format: "nginx:$remote_adr" }\n${sink}`,
    '2:42: format: nginx: at column 1: nginx has no variable $remote_adr (did you mean $remote_addr? a variable of your own is written ${remote_adr:text})',
  ],
  [
    'a line that is too long',
    `sources:\n  web: { type: file, paths: [a], max_line: 1GiB }\n${sink}`,
    '2:44: max_line is at most 64 MiB (the longest line is held in memory)',
  ],
  [
    'a word for long lines',
    `sources:\n  web: { type: file, paths: [a], long_lines: cutt }\n${sink}`,
    '2:46: there is no long_lines "cutt" (did you mean cut?)',
  ],
  [
    'a source that is not there',
    `${source}sinks:\n  out: { type: stdout, from: wbe }`,
    "4:30: there is no source 'wbe' (did you mean web?)",
  ],
  [
    'an empty list of sources',
    `${source}sinks:\n  out: { type: stdout, from: [] }`,
    '4:30: from is an empty list: nothing would come',
  ],
  ['a spool that is too small', `${source}${sink}spool: { max: 1MiB }`, '5:15: max: 1MiB is too little (it is at least 16 MiB)'],
  [
    'a wrong word for a full spool',
    `${source}${sink}spool: { when_full: droop }`,
    '5:21: there is no when_full "droop" (did you mean drop?)',
  ],
  [
    'a sink that writes what its own source reads',
    "sources:\n  web: { type: file, paths: ['*.log'], exclude: [b.log] }\nsinks:\n  a: { type: file, path: a.log }\n  b: { type: file, path: b.log }\n",
    "4:26: 'web' reads this file: what is written would be read again, for ever (write to another directory, or give web an exclude:)",
  ],
  [
    'a sink of which the rolled files are read',
    "sources:\n  web: { type: file, paths: ['./*.gz'] }\nsinks:\n  a: { type: file, path: 'a-%Y.json', size: 1GiB, compress: gzip }\n",
    "4:26: 'web' reads this file: what is written would be read again, for ever (write to another directory, or give web an exclude:)",
  ],
  [
    'two sinks that write one file',
    `${source}sinks:\n  a: { type: file, path: a.json }\n  b: { type: file, path: ./a.json }\n`,
    "5:26: 'a' writes this file too (one sink with from: [ … ] takes records of several sources)",
  ],
  ['stdin twice', `sources:\n  a: { type: stdin }\n  b: { type: stdin }\n${sink}`, "3:3: stdin is read by 'a' already"],
  [
    'a path of a shell',
    `sources:\n  web: { type: file, paths: [a, ~/b.log] }\n${sink}`,
    "2:33: file: ~/b.log: write the directory itself, '~' is known to shells alone",
  ],
  [
    'a file of alerts that is not there, and another mistake',
    `${source}sinks:\n  out: { type: stdou }\nrules:\n  a: { when: 5xx count > 5 over 1m }\nalerts: none.yaml\n`,
    "4:16: there is no sink of type 'stdou' (did you mean stdout?)",
    '7:9: none.yaml: the file of alerts can not be read: ENOENT',
  ],
  [
    'an unknown key of the spool',
    `${source}${sink}spool: { maxx: 1GiB }`,
    "5:10: unknown key 'maxx' in spool (did you mean max?)",
  ],
]

describe('a pipeline file with', () => {
  test.each(mistakes)('%s is refused with its place', async (_, text, ...problems) => {
    const error: OpsError = await readText(text).then(
      () => expect.unreachable('it was taken'),
      thrown => thrown,
    )
    const found = error.data?.['problems'] as readonly { message: string; hint?: string }[]
    const told = found.map(({ message, hint }) => `${message.replace('pipeline.yaml:', '')}${hint ? ` (${hint})` : ''}`)
    expect(told).toEqual(problems)
    expect(error.code).toBe('E_CONFIG')
  })
})

test('a sink may write what another source reads, of which it gets nothing', async () => {
  const files = 'a: { type: file, paths: [a.log] }\n  b: { type: file, paths: [b.log] }\n'
  const text = `sources:\n  ${files}sinks:\n  o: { type: file, path: b.log, from: a }\n  p: { type: stdout, from: b }\n`
  expect((await readText(text)).sinks).toHaveLength(2)
})

test('a pipeline that is right is read with its defaults', async () => {
  const { sources, sinks, spool } = await readText(`${source}${sink}`)
  expect(sources.map(({ name, framing: { pieces: _, ...framing } }) => ({ name, framing }))).toEqual([
    { name: 'web', framing: { maxLineBytes: 1024 * 1024, longLines: 'cut' } },
  ])
  expect(sinks.map(({ name, type, sources: from }) => ({ name, type, from }))).toEqual([
    { name: 'out', type: 'stdout', from: undefined },
  ])
  expect(spool).toEqual({ maxBytes: 1024 ** 3, whenFull: 'wait' })
})
