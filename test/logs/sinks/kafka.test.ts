import { describe, expect, test } from 'bun:test'
import kafkaSink from '../../../src/lib/logs/sinks/kafka.ts'
import { consumed, mockCluster, printed } from '../../helpers/kafka.ts'
import { needs } from '../../helpers/needs.ts'
import { poll } from '../../helpers/poll.ts'
import { decoded } from './protoc.ts'
import { built, parcel, send, sinkPlace } from './sink-place.ts'

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
