import { describe, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { appendFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OpsError } from '../../src/lib/core/errors.ts'
import { inProcess, startInProcess } from '../helpers/in-process.ts'
import { poll } from '../helpers/poll.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const pipeline = `sources:
  app: { type: file, paths: [app.log], format: json }
sinks:
  all: { type: file, path: all.ndjson }
`

async function shop(text: string) {
  const directory = await tempDir()
  const at = (name: string): string => join(directory.path, name)
  await writeFile(at('pipeline.yaml'), text)
  await writeFile(at('app.log'), '{"n":1}\n{"n":2}\n')
  return {
    at,
    home: directory.path,
    ship: (line: string) => inProcess(`ship-logs -f pipeline.yaml ${line}`, { home: directory.path }),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  }
}

describe('a run of a pipeline', () => {
  test('tells what is delivered, and how much of it now', async () => {
    await using it = await shop(pipeline)
    expect((await it.ship('-v')).stdout).toMatch(/ app > all .* 2 lines, 2 records: 2 delivered\n/)
    await appendFile(it.at('app.log'), '{"n":3}\n')
    expect((await it.ship('-v')).stdout).toMatch(/ 3 lines, 3 records: 3 delivered, 1 in this run\n/)
  })

  test('tells of what its file names, though nothing came, and of nothing else', async () => {
    await using it = await shop(pipeline)
    await it.ship('')
    await writeFile(it.at('pipeline.yaml'), pipeline.replace('app:', 'shop:').replace('app.log', 'none*.log'))
    const { code, stdout } = await it.ship('-o json')
    expect(code).toBe(0)
    expect(JSON.parse(stdout).items).toMatchObject([{ name: 'shop > all', outcome: 'ok', metrics: { lines: 0, delivered: 0 } }])
  })

  test('fails where a file that was named is not there', async () => {
    await using it = await shop(pipeline.replace('[app.log]', '[app.log, none.log]'))
    const { code, stderr } = await it.ship('')
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('none.log: there is no such file') })
    expect(await Bun.file(it.at('all.ndjson')).text()).toBe('{"n":1}\n{"n":2}\n')
  })

  test('ends where stdout can not be written, and has delivered nothing', async () => {
    await using it = await shop(pipeline.replace('{ type: file, path: all.ndjson }', '{ type: stdout }'))
    const stdoutError = new OpsError('E_OUTPUT', 'the reader of stdout went away', { exit: 141 })
    const end = await inProcess('ship-logs -f pipeline.yaml', { home: it.home, stdoutError })
    expect(end).toMatchObject({ code: 141, stdout: '' })
    expect((await it.ship('')).stdout).toBe('{"n":1}\n{"n":2}\n')
  })

  test('tells where it can not keep its state, and is no bug', async () => {
    await using it = await shop(pipeline)
    const { code, stderr } = await it.ship('--state-dir /dev/null')
    expect({ code, stderr }).toMatchObject({ code: 74, stderr: expect.stringContaining('cannot write /dev/null/ship-logs/') })
  })

  test('that follows says at its start what it reads and where to, not in quiet', async () => {
    await using it = await shop(pipeline)
    await it.ship('')
    const following = 'opsctl: following app (app.log); delivering to all (all.ndjson)\n'
    for (const [flags, told] of [
      ['', following],
      ['-q ', ''],
    ] as const) {
      await rm(it.at('all.ndjson'))
      const run = startInProcess(`${flags}ship-logs -f pipeline.yaml --follow`, { home: it.home })
      await poll('it delivers', 20_000, () => existsSync(it.at('all.ndjson')) && run.stderr() === told)
      run.signal('SIGTERM')
      expect(await run.ended).toMatchObject({ code: 143, stderr: expect.stringContaining(told) })
    }
  }, 60_000)
})
