import { expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { opsctl, startOpsctl } from '../helpers/opsctl.ts'
import { poll } from '../helpers/poll.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { LogServer } from '../logs/sinks/log-server.ts'
import { S3Double } from '../logs/sinks/s3-double.ts'

const count = 150_000

test('opsctl ship-logs leaves no upload behind when it is killed within one, and loses nothing', async () => {
  await using directory = await tempDir()
  const double = new S3Double('s3cr3t-key')
  // The first that is sent in parts never comes to its end.
  await using server = await LogServer.start((request, response, message) => {
    if (!request.path.includes('partNumber=2')) double.answer(request, response, message)
  })
  const file = join(directory.path, 'app.log')
  await writeFile(file, Array.from({ length: count }, (_, n) => `level=info message="order ${n} ${'x'.repeat(200)}"\n`).join(''))
  const sink = {
    ...{ type: 's3', endpoint: server.url, bucket: 'shop-logs', compression: 'none', part_bytes: '5MiB' },
    ...{ access_key: { env: 'ID' }, secret_key: { env: 'KEY' } },
  }
  const pipeline = { sources: { app: { type: 'file', paths: [file], format: 'logfmt' } }, sinks: { out: sink } }
  await writeFile(join(directory.path, 'pipeline.yaml'), JSON.stringify(pipeline))
  const options = {
    home: directory.path,
    cwd: directory.path,
    env: { ID: 'AKIAEXAMPLE', KEY: 's3cr3t-key' },
    deadlineMs: 100_000,
  }
  const run = await startOpsctl(['ship-logs', '-f', 'pipeline.yaml'], options)
  await poll('an upload is under way', 60_000, () => [...double.uploads.values()].some(({ parts }) => parts.size > 0))
  run.kill('SIGKILL')
  await run.ended
  expect(double.uploads.size).toBe(1)
  // An hour later.
  for (const [id, upload] of double.uploads) double.uploads.set(id, { ...upload, initiated: upload.initiated - 3_600_000 })
  server.answer = double.answer
  const { code, stderr } = await opsctl(['ship-logs', '-f', 'pipeline.yaml'], options)
  expect({ code, stderr }).toMatchObject({ code: 0 })
  expect(double.uploads.size).toBe(0)
  const text = [...double.objects.values()].map(String).join('')
  expect(new Set([...text.matchAll(/"order (\d+) /g)].map(([, n]) => n)).size).toBe(count)
}, 200_000)
