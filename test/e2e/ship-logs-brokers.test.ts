import { describe, expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { consumed, mockCluster } from '../helpers/kafka.ts'
import { Nats } from '../helpers/nats.ts'
import { needs } from '../helpers/needs.ts'
import { opsctl } from '../helpers/opsctl.ts'
import { tempDir } from '../helpers/temp-dir.ts'

/** The clients of brokers stand in the program in another form than in a checkout, and without the parts that no sink calls. */
async function shipped(sink: object): Promise<void> {
  await using home = await tempDir()
  await writeFile(join(home.path, 'shop.log'), '{"app":"shop","n":1}\n{"app":"shop","n":2}\n')
  const pipeline = { sources: { shop: { type: 'file', paths: [join(home.path, 'shop.log')] } }, sinks: { out: sink } }
  await writeFile(join(home.path, 'pipeline.yaml'), JSON.stringify(pipeline))
  const ended = await opsctl(['ship-logs', '-f', 'pipeline.yaml'], { home: home.path, cwd: home.path, deadlineMs: 100_000 })
  expect(ended).toMatchObject({ code: 0, stderr: expect.stringContaining('✓ 1 ok in ') })
}

describe('opsctl ship-logs', () => {
  test.skipIf(!needs('nats-server'))(
    'publishes to a JetStream',
    async () => {
      await using nats = await Nats.start()
      await nats.addStream('logs')
      await shipped({ type: 'nats', servers: [nats.server], subject: 'logs.{app}' })
      expect(await nats.messages('logs')).toEqual([
        ['logs.shop', '{"app":"shop","n":1}'],
        ['logs.shop', '{"app":"shop","n":2}'],
      ])
    },
    120_000,
  )

  test.skipIf(!needs('kcat'))(
    'produces to a Kafka',
    async () => {
      await using cluster = await mockCluster()
      await shipped({ type: 'kafka', brokers: cluster.brokers.split(','), topic: 'logs-{app}', compression: 'gzip' })
      // In any order: a topic has several partitions.
      expect((await consumed(cluster.brokers, 'logs-shop')).sort()).toEqual([' {"app":"shop","n":1}', ' {"app":"shop","n":2}'])
    },
    120_000,
  )
})
