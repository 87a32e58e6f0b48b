import { describe, expect, test } from 'bun:test'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type InProcessOptions, inProcess } from '../helpers/in-process.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const at = '[09/Mar/2024:07:05:01 +0100]'
const access = `h - - ${at} "GET / HTTP/1.1" 200 5 "-" "curl"\nh - - ${at} "GET / HTTP/1.1" 500 5 "-" "curl\n`

async function ship(
  line: string,
  options: InProcessOptions & { readonly files?: Readonly<Record<string, string | Uint8Array>> } = {},
) {
  const directory = await tempDir()
  for (const [name, text] of Object.entries(options.files ?? {})) await writeFile(join(directory.path, name), text)
  await mkdir(join(directory.path, 'sub'))
  const end = await inProcess(`ship-logs ${line.replace('json=', `json=${directory.path}/`)}`, {
    home: directory.path,
    ...options,
  })
  const read = (name: string): Promise<string> => Bun.file(join(directory.path, name)).text()
  return {
    ...end,
    records: end.stdout.split('\n').slice(0, -1),
    read,
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  }
}

describe('ship-logs', () => {
  test('finds out the format of each file for itself', async () => {
    await using end = await ship('-v access.log app.log', { files: { 'access.log': access, 'app.log': '{"level":"info"}\n' } })
    expect(end.code).toBe(0)
    expect(end.records).toEqual([
      expect.stringContaining('"status":200'),
      expect.stringContaining('"error":"no closing quote behind user_agent"'),
      '{"level":"info"}',
    ])
    expect(end.stderr).toContain('opsctl: found the format source=access.log format=combined lines=2 fit=1\n')
    expect(end.stderr).toContain(
      'opsctl: access.log: 2 lines as combined: 1 record, 1 did not fit: 1 no closing quote behind user_agent (first in line 2)\n',
    )
    expect(end.stderr).toContain('opsctl: app.log: 1 line as json: 1 record\n')
  })

  test('says nothing without -v', async () => {
    await using end = await ship('access.log', { files: { 'access.log': access } })
    expect(end).toMatchObject({ code: 0, stderr: '' })
  })

  test.each(['', '-'])('reads stdin when it is called with %j', async argument => {
    await using end = await ship(argument, { stdin: '{"a":1}\n{"a":2}' })
    expect(end).toMatchObject({ code: 0, records: ['{"a":1}', '{"a":2}'] })
  })

  test('tells of files that can not be read and goes on with the others', async () => {
    const files = { 'a.log': '{"a":1}\n', 'cut.gz': gzipSync('{"a":2}\n'.repeat(5000)).subarray(0, -9), 'wide.log': '\ufeffx' }
    await using end = await ship('none.log sub cut.gz a.log -o json=summary.json', { files })
    expect(end.code).toBe(1)
    expect(end.records.at(-1)).toBe('{"a":1}')
    expect(end.stderr).toContain('opsctl: none.log: there is no such file\n')
    expect(end.stderr).toContain('opsctl: sub: it is a directory\n')
    expect(end.stderr).toContain('opsctl: cut.gz: can not be read: unexpected end of file')
    const { exitCode, items } = JSON.parse(await end.read('summary.json'))
    expect(exitCode).toBe(1)
    expect(items).toMatchObject([
      { name: 'none.log', outcome: 'failed', reason: 'missing' },
      { name: 'sub', outcome: 'failed', reason: 'unreadable' },
      { name: 'cut.gz', outcome: 'failed', reason: 'unreadable' },
      { name: 'a.log', outcome: 'ok', metrics: { lines: 1, records: 1, misfits: 0 } },
    ])
  })

  test('joins the pieces of lines of containers', async () => {
    const line = (tag: string, text: string) => `2024-03-09T06:05:01.1Z stdout ${tag} ${text}\n`
    await using end = await ship('-v app.log', { files: { 'app.log': line('P', 'be') + line('F', 'gin') + line('F', 'end') } })
    expect(end.records.map(record => JSON.parse(record).message)).toEqual(['begin', 'end'])
    expect(end.stderr).toContain('opsctl: app.log: 3 lines as cri: 2 records, 1 joined to those before\n')
  })

  test('has what came of the lines as data', async () => {
    await using end = await ship('access.log -o json=summary.json', { files: { 'access.log': `${access}\n` } })
    const { items } = JSON.parse(await end.read('summary.json'))
    expect(items).toMatchObject([
      {
        outcome: 'ok',
        metrics: {
          lines: 3,
          records: 1,
          misfits: 1,
          blank: 1,
          headings: 0,
          continued: 0,
          unreadTimes: 0,
          bytes: access.length + 1,
        },
        data: { format: 'combined', misfits: [{ reason: 'no closing quote behind user_agent', count: 1, firstLine: 2 }] },
      },
    ])
  })

  test('makes a message of every line where no format fits, and warns', async () => {
    await using end = await ship('notes.txt', { files: { 'notes.txt': 'all is well\nso far\n' } })
    expect(end).toMatchObject({ code: 0, records: ['{"message":"all is well"}', '{"message":"so far"}'] })
    expect(end.stderr).toContain('no format fits half of the first lines')
  })

  test('has nothing to say of an empty file', async () => {
    await using end = await ship('empty.log', { files: { 'empty.log': '' } })
    expect(end).toMatchObject({ code: 0, stdout: '', stderr: '' })
  })

  test('cuts long lines and counts them, or splits them', async () => {
    const files = { 'long.log': 'abcdef\nx\n' }
    await using cut = await ship('--format text --max-line 4B long.log', { files })
    expect(cut.records).toEqual(['{"raw":"abcd","error":"is longer than --max-line: cut"}', '{"message":"x"}'])
    await using split = await ship('--format text --max-line 4B --long-lines split long.log', { files })
    expect(split.records).toEqual(['{"message":"abcd"}', '{"message":"ef"}', '{"message":"x"}'])
  })

  test.each([
    ["--format 'nginx:$stats'", 2, '--format nginx: at column 1: nginx has no variable $stats\nhint: did you mean $status?'],
    ['--format combind', 2, "--format: there is no format 'combind'\nhint: did you mean combined?"],
    ['--max-line 0', 2, '--max-line is from 1 byte to 64 MiB'],
    ['--follow -', 2, 'stdin can not be followed beside files'],
    ['-t web1 logs/*.log', 2, "'logs/*.log': a path on a host is absolute"],
    ['-f pipeline.yaml', 2, 'the file none.log can not stand beside -f'],
    ['lnit pipeline.yaml', 2, "there is no file 'lnit', and no such verb\nhint: did you mean `opsctl ship-logs lint`?"],
    ['dlq', 2, 'did you mean `opsctl ship-logs dlq list` or `opsctl ship-logs dlq replay`?'],
    ['--output-file records.json', 2, 'records.json would stay empty: records go to stdout as JSON lines'],
    ['-o junit', 2, '-o junit: records go to stdout as JSON lines'],
  ])('refuses %s before anything is read', async (flags, code, message) => {
    await using end = await ship(`${flags} none.log`)
    expect(end).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(message) })
  })

  test.each([
    ['--format json', '--format can not stand beside -f\nhint: the pipeline says how each source is read: format: …'],
    ['--long-lines split', '--long-lines can not stand beside -f'],
    ['--start end', '--start can not stand beside -f'],
    ['app.log', 'the file app.log can not stand beside -f'],
  ])('refuses %s beside a pipeline, which would not heed it', async (other, message) => {
    await using end = await ship(`-f none.yaml ${other}`)
    expect(end).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(message) })
  })

  test('stops reading when stdout can not be written', async () => {
    await using end = await ship('- none.log', { stdin: '{"a":1}\n', stdoutError: new Error('no space') })
    expect(end.code).not.toBe(0)
    expect(end.stderr).not.toContain('none.log')
  })
})
