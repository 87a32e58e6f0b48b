import { afterAll, beforeAll, expect, test } from 'bun:test'
import { request } from 'node:http'
import fc from 'fast-check'
import { ask } from '../http/ask.ts'
import { type ScriptedServer, scriptedServer } from '../http/scripted-server.ts'
import { cutAt } from './read-answer.ts'

// Valid answers are what the runtime's own client makes of them, however they are cut.

let server: ScriptedServer
let pieces: readonly Buffer[] = []
let closes = false
beforeAll(async () => {
  server = await scriptedServer((socket, asked) =>
    asked(async () => {
      for (const piece of pieces) await new Promise<void>(resolve => void socket.write(piece, () => resolve()))
      if (closes) socket.end()
    }),
  )
})
afterAll(() => server[Symbol.asyncDispose]())

const visible = fc.string({ unit: fc.constantFrom(...'abcXYZ019-_/;=,. "'), maxLength: 30 }).map(text => text.trim())
const name = fc.string({ unit: fc.constantFrom(...'abcXYZ019-_'), minLength: 1, maxLength: 12 }).map(text => `x-${text}`)
const body = fc.uint8Array({ maxLength: 300 }).map(bytes => Buffer.from(bytes))
const framing = fc.constantFrom('length', 'chunked', 'close')
const answers = fc.record({
  status: fc.constantFrom(200, 201, 206, 226, 301, 404, 429, 500, 503, 599),
  reason: visible,
  fields: fc.uniqueArray(fc.tuple(name, visible), { selector: ([key]) => key.toLowerCase(), maxLength: 10 }),
  body,
  framing,
  chunkSize: fc.integer({ min: 1, max: 64 }),
  cuts: fc.array(fc.nat(800), { maxLength: 5 }),
})

type Generated = typeof answers extends fc.Arbitrary<infer T> ? T : never

function bytesOf({ status, reason, fields, body: content, framing: kind, chunkSize }: Generated): Buffer {
  const length = {
    length: `content-length: ${content.length}\r\n`,
    chunked: 'Transfer-Encoding: chunked\r\n',
    close: 'connection: close\r\n',
  }[kind]
  const head = `HTTP/1.1 ${status} ${reason}\r\n${fields.map(([key, value]) => `${key}: ${value}\r\n`).join('')}${length}\r\n`
  return Buffer.concat([Buffer.from(head), kind === 'chunked' ? chunked(content, chunkSize) : content])
}

function chunked(content: Buffer, size: number): Buffer {
  const chunks = Array.from({ length: Math.ceil(content.length / size) }, (_, index) =>
    content.subarray(index * size, (index + 1) * size),
  )
  const parts = chunks.flatMap(chunk => [Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')])
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')])
}

test('a valid answer is read as the runtime reads it', async () => {
  await fc.assert(
    fc.asyncProperty(answers, async generated => {
      pieces = cutAt(bytesOf(generated), generated.cuts)
      closes = generated.framing === 'close'
      const theirs = await byRuntime(server.port)
      const { answer, error } = await ask(server.port)
      expect(error).toBeUndefined()
      expect({ status: answer?.status, body: answer?.body.toString('hex') }).toEqual({
        status: theirs.status,
        body: theirs.body.toString('hex'),
      })
      for (const [key] of generated.fields) {
        expect(answer?.headers.find(([other]) => other === key)?.[1]).toBe(theirs.headers[key.toLowerCase()] as string)
      }
    }),
    { numRuns: 150 },
  )
}, 120_000)

function byRuntime(port: number) {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: Buffer }>((resolve, reject) => {
    request({ port, host: '127.0.0.1', agent: false }, response => {
      const all: Buffer[] = []
      response.on('data', piece => all.push(piece))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(all) }))
    })
      .on('error', reject)
      .end()
  })
}
