import { describe, expect, test } from 'bun:test'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import kafkaSink from '../../../src/lib/logs/sinks/kafka.ts'
import { findProgram, needs } from '../../helpers/needs.ts'
import { poll } from '../../helpers/poll.ts'
import { decoded } from './protoc.ts'
import { built, parcel, send, sinkPlace } from './sink-place.ts'

/** The brokers that librdkafka has for tests, in a producer that waits for lines: it ends with its stdin, and so with the test process. */
async function mockCluster(): Promise<AsyncDisposable & { readonly brokers: string }> {
  const options = ['-P', '-b', '127.0.0.1:1', '-t', 'unused', '-X', 'test.mock.num.brokers=2', '-d', 'mock']
  const child = spawn(findProgram('kcat') ?? 'kcat', options, { stdio: ['pipe', 'ignore', 'pipe'] })
  let told = ''
  child.stderr.on('data', chunk => {
    told += chunk
  })
  const brokers = await poll('the brokers', 30_000, () => /bootstrap\.servers=(\S+)/.exec(told)?.[1])
  return {
    brokers: String(brokers),
    async [Symbol.asyncDispose]() {
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    },
  }
}

async function consumed(brokers: string, topic: string): Promise<string[]> {
  const text = (await printed({ brokers, topic, format: '%k %s\\n' })).toString()
  return text.split('\n').filter(line => line !== '')
}

interface Printing {
  readonly brokers: string
  readonly topic: string
  readonly format: string
}

async function printed({ brokers, topic, format }: Printing): Promise<Buffer> {
  const argv = ['kcat', '-b', brokers, '-C', '-t', topic, '-o', 'beginning', '-e', '-q', '-f', format]
  const child = Bun.spawn(argv, { stdout: 'pipe', stderr: 'ignore', timeout: 30_000 })
  return Buffer.from(await new Response(child.stdout).arrayBuffer())
}

const open = (brokers: string, rest: object = {}) =>
  built(kafkaSink, { brokers: brokers.split(','), topic: 'logs-{app}', key: '{host}', ...rest }).open(sinkPlace())

describe.skipIf(!needs('kcat'))('the kafka sink', () => {
  test.each(['none', 'gzip'])(
    'gives each record to its topic with its key: %s',
    async compression => {
      await using cluster = await mockCluster()
      await using sink = await open(cluster.brokers, { compression })
      const records = [
        { app: 'shop', host: 'web1', message: 'zwei\nZeilen ✓' },
        { app: 'pay/ments', host: 'web2' },
        { app: 'shop', host: 'web1', n: 2 },
      ]
      // Topics are made when they are first asked for.
      const receipt = await poll('the topics', 30_000, async () => {
        const answer = await send(sink, [parcel('a', ...records)])
        return answer.result === 'delivered' && answer
      })
      expect(receipt).toEqual({ result: 'delivered', refused: [] })
      expect(await consumed(cluster.brokers, 'logs-shop')).toEqual([
        'web1 {"app":"shop","host":"web1","message":"zwei\\nZeilen ✓"}',
        'web1 {"app":"shop","host":"web1","n":2}',
      ])
      expect(await consumed(cluster.brokers, 'logs-pay_ments')).toEqual(['web2 {"app":"pay/ments","host":"web2"}'])
    },
    60_000,
  )

  test.skipIf(!needs('protoc'))(
    'gives a message of protobuf for each record',
    async () => {
      await using cluster = await mockCluster()
      await using sink = await open(cluster.brokers, { encoding: 'protobuf' })
      await poll('the topic', 30_000, async () => {
        const answer = await send(sink, [parcel('a', { app: 'shop', message: 'zwei\nZeilen' })])
        return answer.result === 'delivered'
      })
      const payload = await printed({ brokers: cluster.brokers, topic: 'logs-shop', format: '%s' })
      expect(decoded(payload)).toBe('message: "zwei\\nZeilen" fields { name: "app" value { text: "shop" } }')
    },
    60_000,
  )

  test('waits while the brokers are gone, and lets go of everything', async () => {
    const cluster = await mockCluster()
    await using sink = await open(cluster.brokers)
    await send(sink, [parcel('a', { app: 'x' })])
    await cluster[Symbol.asyncDispose]()
    expect(await send(sink, [parcel('b', { app: 'x' })])).toMatchObject({
      result: 'later',
      pending: [{ parcel: 0, record: 0 }],
    })
  }, 60_000)

  test('ends at its signal, whoever listens there', async () => {
    using silent = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
    await using sink = await open(`127.0.0.1:${silent.port}`)
    expect(await send(sink, [parcel('a', {})], 200)).toMatchObject({ result: 'later' })
    silent.stop(true)
  }, 60_000)
})
