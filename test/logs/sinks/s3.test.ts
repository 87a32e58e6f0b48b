import { describe, expect, test } from 'bun:test'
import { randomBytes } from 'node:crypto'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import type { SecretReference } from '../../../src/lib/core/check.ts'
import { LogServer } from './log-server.ts'
import { never, openSink, parcelOf, secret } from './opened.ts'
import { S3Double } from './s3-double.ts'

/** The key's id is no secret, and has no slash. */
const place = {
  secret: async (reference: SecretReference) => ('env' in reference && reference.env === 'ID' ? 'AKIAEXAMPLE' : secret),
}

const params = (endpoint: string, more = {}) => ({
  endpoint,
  bucket: 'shop-logs',
  access_key: { env: 'ID' },
  secret_key: { env: 'KEY' },
  ...more,
})

describe('the sink s3', () => {
  test('puts signed objects under a name of their own, which replace themselves when they are sent again', async () => {
    const { objects, answer } = new S3Double(secret)
    await using server = await LogServer.start(answer)
    await using sink = await openSink('s3', params(server.url, { prefix: 'a b/%Y/', region: 'eu-central-1' }), place)
    const parcels = [parcelOf([{ message: 'ü' }]), parcelOf([{ n: 1 }, { n: 2 }])]
    expect(await sink.send(parcels, never)).toEqual({ result: 'delivered' })
    expect(await sink.send(parcels, never)).toEqual({ result: 'delivered' })
    const [[path = '', body = Buffer.alloc(0)] = []] = [...objects]
    expect(objects.size).toBe(1)
    expect(path).toMatch(/^\/shop-logs\/a%20b\/\d{4}\/[0-9a-f]{32}\.ndjson\.gz$/)
    expect(gunzipSync(body).toString()).toBe('{"message":"ü"}\n{"n":1}\n{"n":2}\n')
  })

  test('asks for encryption within the signature', async () => {
    await using server = await LogServer.start(new S3Double(secret).answer)
    await using sink = await openSink(
      's3',
      params(server.url, { encryption: 'aws:kms', kms_key: 'key-1', session_token: { env: 'T' } }),
      place,
    )
    expect(await sink.send([parcelOf([{}])], never)).toEqual({ result: 'delivered' })
    expect(server.all[0]?.headers).toMatchObject({
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': 'key-1',
      'x-amz-security-token': secret,
    })
  })

  test.each([400, 403, 404, 409, 500, 503])('waits behind %d: no record is to blame', async status => {
    await using server = await LogServer.start((_, response) => void response.writeHead(status).end('<Code>SlowDown</Code>'))
    await using sink = await openSink('s3', params(server.url))
    expect((await sink.send([parcelOf([{}])], never)).result).toBe('later')
  })
})

describe('an object of many bytes', () => {
  const megabytes = (count: number) =>
    parcelOf(Array.from({ length: count * 4 }, () => ({ message: randomBytes(131_072).toString('hex') })))
  const open = (server: LogServer, more = {}) =>
    openSink('s3', params(server.url, { prefix: 'logs/', part_bytes: '5MiB', compression: 'none', ...more }), place)

  test.each([
    ['none', (body: Buffer) => body],
    ['gzip', gunzipSync],
    ['zstd', zstdDecompressSync],
  ] as const)(
    'is sent in signed parts: %s',
    async (compression, unpacked) => {
      const double = new S3Double(secret)
      await using server = await LogServer.start(double.answer)
      await using sink = await open(server, { compression, encryption: 'AES256' })
      const parcel = megabytes(compression === 'none' ? 11 : 16)
      expect(await sink.send([parcel], never)).toEqual({ result: 'delivered' })
      const [[, body = Buffer.alloc(0)] = []] = [...double.objects]
      expect(unpacked(body).equals(Buffer.from(parcel.records))).toBe(true)
      expect(double.parts).toBeGreaterThanOrEqual(2)
      expect(double.uploads.size).toBe(0)
      const encrypted = server.all.filter(({ headers }) => headers['x-amz-server-side-encryption'] !== undefined)
      expect(encrypted.map(({ method, path }) => `${method} ${path.replace(/^[^?]*/, '')}`)).toEqual(['POST ?uploads='])
    },
    60_000,
  )

  test.each<[what: string, method: string, query: RegExp, answer: string, message: string]>([
    ['a part is not taken', 'PUT', /partNumber=2/, 'status 503', 'answered 503'],
    ['a part has no tag', 'PUT', /partNumber=1/, '', 'answered no ETag of part 1'],
    [
      'the end fails behind its beginning',
      'POST',
      /\?uploadId=/,
      '<Error><Code>InternalError</Code></Error>',
      'answered InternalError to the end of an upload',
    ],
    ['nothing is begun', 'POST', /\?uploads=/, '<Hello/>', 'answered no UploadId'],
  ])(
    'is taken back and sent again where %s',
    async (_, method, query, said, message) => {
      const double = new S3Double(secret)
      await using server = await LogServer.start((request, response, whole) => {
        if (request.method !== method || !query.test(request.path)) return double.answer(request, response, whole)
        response.writeHead(said.startsWith('status') ? 503 : 200).end(said)
      })
      await using sink = await open(server)
      const parcel = megabytes(6)
      expect(await sink.send([parcel], never)).toMatchObject({ result: 'later', message: expect.stringContaining(message) })
      expect([double.uploads.size, double.objects.size]).toEqual([0, 0])
      server.answer = double.answer
      expect(await sink.send([parcel], never)).toEqual({ result: 'delivered' })
      expect([double.uploads.size, double.objects.size]).toEqual([0, 1])
    },
    60_000,
  )

  test('is taken back where the attempt is over', async () => {
    const double = new S3Double(secret)
    await using server = await LogServer.start((request, response, whole) => {
      if (!request.path.includes('partNumber=2')) double.answer(request, response, whole)
    })
    await using sink = await open(server)
    expect((await sink.send([megabytes(6)], AbortSignal.timeout(2000))).result).toBe('later')
    expect([double.begun, double.uploads.size]).toEqual([1, 0])
  }, 60_000)

  test('aborts what a killed process left, and nothing of others', async () => {
    const double = new S3Double(secret)
    const hour = 60 * 60 * 1000
    const old = double.begin('logs/0123456789abcdef0123456789abcdef.ndjson.gz', Date.now() - hour)
    const young = double.begin('logs/0123456789abcdef0123456789abcdee.ndjson.gz', Date.now())
    const others = double.begin('logs/backup.tar', Date.now() - hour)
    await using server = await LogServer.start(double.answer)
    await using sink = await open(server)
    const parcel = megabytes(6)
    expect(await sink.send([parcel], never)).toEqual({ result: 'delivered' })
    expect([...double.uploads.keys()]).toEqual([young, others])
    expect(old).not.toBe(young)
    const own = double.begin([...double.objects.keys()][0]?.replace('/shop-logs/', '') ?? '', Date.now())
    await using again = await open(server)
    expect(await again.send([parcel], never)).toEqual({ result: 'delivered' })
    expect([...double.uploads.keys()]).toEqual([young, others])
    expect(own).not.toBe(young)
  }, 60_000)

  test('is sent also where left-overs may not be looked for', async () => {
    const double = new S3Double(secret)
    await using server = await LogServer.start((request, response, whole) =>
      request.method === 'GET' ? void response.writeHead(403).end() : double.answer(request, response, whole),
    )
    await using sink = await open(server)
    expect(await sink.send([megabytes(6)], never)).toEqual({ result: 'delivered' })
  }, 60_000)

  test('has parts that S3 takes', async () => {
    await expect(openSink('s3', params('http://127.0.0.1', { part_bytes: '1MiB' }))).rejects.toThrow('less than the 5MiB')
  })
})
