import { describe, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inProcess } from '../helpers/in-process.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { LogServer } from './sinks/log-server.ts'

const schema = 'schema: { inline: { properties: { n: { type: number } } } }\n'

/** A pipeline that reads numbers for a web server, which refuses them for a start. */
async function pipeline({ more = '', sinks = '' } = {}) {
  const directory = await tempDir()
  const server = await LogServer.start((_, response) => void response.writeHead(400).end('no such field'))
  const at = (name: string): string => join(directory.path, name)
  await writeFile(at('app.log'), '{"n":1}\n{"n":2}\n{"n":"three"}\n')
  await writeFile(
    at('pipeline.yaml'),
    `sources:\n  app: { type: file, paths: [app.log], format: json }\n${more}sinks:\n  hook: { type: http, url: '${server.url}', compression: none }\n${sinks}`,
  )
  const run = (line: string) => inProcess(`ship-logs ${line}`, { home: directory.path })
  const data = async (line: string) => JSON.parse((await run(`${line} -o json`)).stdout)
  const items = async (line: string): Promise<string[]> =>
    (await data(line)).items.map((item: { name: string; message: string }) => `${item.name}: ${item.message}`)
  return {
    ...{ server, run, data, items, at },
    ledger: async (sink = 'hook') =>
      (await data('status pipeline.yaml')).ledger.find((row: { sink: string }) => row.sink === sink),
    letters: async () => (await data('dlq list pipeline.yaml')).letters,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await directory[Symbol.asyncDispose]()
    },
  }
}

describe('dlq list', () => {
  test('has nothing to tell where nothing died', async () => {
    await using logs = await pipeline()
    expect(await logs.run('dlq list pipeline.yaml')).toMatchObject({ code: 0, stdout: 'no dead letters\n' })
  })

  test('tells what died, where and why, newest last, as many as are asked for', async () => {
    await using logs = await pipeline({ more: schema })
    expect((await logs.run('-f pipeline.yaml')).code).toBe(1)
    expect(await logs.letters()).toMatchObject([
      { source: 'app', sink: null, stage: 'schema', record: '{"n":"three"}' },
      { source: 'app', sink: 'hook', stage: 'sink', record: '{"n":1}' },
      { source: 'app', sink: 'hook', stage: 'sink', record: '{"n":2}' },
    ])
    const { stdout } = await logs.run('dlq list pipeline.yaml --sink hook --limit 1')
    expect(stdout).toContain('{"n":2}\nand 1 older: --limit shows more\n')
    expect((await logs.data('dlq list pipeline.yaml --since 2999-01-01T00:00:00Z')).count).toBe(0)
    expect((await logs.data('dlq list pipeline.yaml --stage schema')).count).toBe(1)
  })
})

describe('dlq replay', () => {
  test('delivers what was mended, moves the ledger and removes the letters', async () => {
    await using logs = await pipeline()
    await logs.run('-f pipeline.yaml')
    expect(await logs.ledger()).toMatchObject({ records: 3, delivered: 0, dead: 3 })
    expect(await logs.items('dlq replay pipeline.yaml --dry-run')).toEqual(['hook: 3 would be offered'])
    expect((await logs.letters()).length).toBe(3)
    logs.server.all.length = 0
    logs.server.answer = (_, response) => void response.writeHead(200).end('{}')
    expect(await logs.items('dlq replay pipeline.yaml --yes')).toEqual(['hook: 3 delivered'])
    expect(Buffer.concat(logs.server.all.map(({ body }) => body)).toString()).toBe('{"n":1}\n{"n":2}\n{"n":"three"}\n')
    expect(await logs.ledger()).toMatchObject({ records: 3, delivered: 3, dead: 0 })
    expect(await logs.letters()).toEqual([])
    expect(await logs.items('dlq replay pipeline.yaml --yes')).toEqual(['dead letters: there are none'])
  })

  test('keeps what is refused again, with its new reason', async () => {
    await using logs = await pipeline()
    await logs.run('-f pipeline.yaml')
    logs.server.answer = (_, response) => void response.writeHead(422).end('still no such field')
    const end = await logs.run('dlq replay pipeline.yaml --yes')
    expect(end.code).toBe(1)
    expect(end.stderr).toContain('0 delivered, 3 refused again')
    expect((await logs.letters()).map(({ reason }: { reason: string }) => reason)).toEqual(
      Array.from({ length: 3 }, () => expect.stringContaining('422')),
    )
    expect(await logs.ledger()).toMatchObject({ records: 3, delivered: 0, dead: 3 })
  })

  test('gives up at the deadline, and keeps what was not answered', async () => {
    await using logs = await pipeline()
    await logs.run('-f pipeline.yaml')
    logs.server.answer = (_, response) => void response.writeHead(503).end()
    const [told = ''] = await logs.items('dlq replay pipeline.yaml --yes --deadline 1s')
    expect(told).toStartWith('hook: 0 delivered, 3 not answered in time')
    expect(told).toContain('503')
    expect(await logs.letters()).toHaveLength(3)
    expect(await logs.ledger()).toMatchObject({ records: 3, delivered: 0, dead: 3 })
  }, 60_000)

  test('offers a letter of a stage to every sink that would get it', async () => {
    await using logs = await pipeline({
      more: schema,
      sinks: "  few: { type: file, path: few.log, when: 'n == 1' }\n  all: { type: file, path: all.log }\n",
    })
    await logs.run('-f pipeline.yaml')
    expect(await logs.ledger('few')).toMatchObject({ records: 2, delivered: 1, dead: 1 })
    logs.server.answer = (_, response) => void response.writeHead(200).end('{}')
    await logs.items('dlq replay pipeline.yaml --yes --stage schema')
    expect(await Bun.file(logs.at('all.log')).text()).toBe('{"n":1}\n{"n":2}\n{"n":"three"}\n')
    expect(await logs.ledger('all')).toMatchObject({ records: 3, delivered: 3, dead: 0 })
    expect(await logs.ledger('few')).toMatchObject({ records: 1, delivered: 1, dead: 0 })
    expect(await logs.ledger()).toMatchObject({ records: 3, delivered: 1, dead: 2 })
    expect(await logs.letters()).toHaveLength(2)
  })

  test('asks before, and makes nothing where nothing ever ran', async () => {
    await using logs = await pipeline()
    expect(await logs.run('dlq replay pipeline.yaml')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('there are none'),
    })
    expect(existsSync(logs.at('.local'))).toBe(false)
    await logs.run('-f pipeline.yaml')
    const end = await logs.run('dlq replay pipeline.yaml')
    expect(end.stderr).toContain('nobody can be asked: offer 3 dead letters again to hook?')
  })
})
