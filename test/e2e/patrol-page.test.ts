import { expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { freePort } from '../helpers/free-port.ts'
import { startOpsctl } from '../helpers/opsctl.ts'
import { poll } from '../helpers/poll.ts'
import { tempDir } from '../helpers/temp-dir.ts'

/** Reads events until one matches. */
async function eventLike(url: string, pattern: RegExp): Promise<string> {
  const stop = AbortSignal.timeout(30_000)
  const answer = await fetch(url, { signal: stop })
  let text = ''
  for await (const piece of answer.body ?? []) {
    text += Buffer.from(piece).toString()
    const found = text.split('\n\n').find(event => pattern.test(event))
    if (found !== undefined) return found
  }
  throw new Error(`no event like ${pattern}: ${text}`)
}

test('opsctl probe serve shows its page, and tells it what changes', async () => {
  await using dir = await tempDir()
  const port = await freePort()
  const listen = `127.0.0.1:${await freePort()}`
  const url = `http://${listen}`
  await writeFile(
    join(dir.path, 'checks.yaml'),
    `checks:
  - { name: shop, endpoint: 'tcp://127.0.0.1:${port}', labels: { group: web }, sla: P0, interval: 1s }
`,
  )
  const run = await startOpsctl(
    ['probe', 'serve', '-f', join(dir.path, 'checks.yaml'), '--state-dir', dir.path, '--listen', listen, '-v'],
    { deadlineMs: 100_000 },
  )
  const page = async (path = '/'): Promise<string> => await (await fetch(url + path)).text()
  await run.until(/answering at/)
  await poll('the check fails', 30_000, async () => (await page()).includes('<title>✗ 1 failing of 1 check</title>'))
  expect(await page('/checks/shop')).toContain(`file ${join(dir.path, 'checks.yaml')}`)
  const [, from = ''] = /data-from="([^"]+)"/.exec(await page()) ?? []
  const server = createServer(socket => socket.on('error', () => {}).end()).listen(port, '127.0.0.1')
  const event = await eventLike(`${url}/events?from=${from}`, /the one check is well/)
  expect(event).toContain('"id":"c-shop"')
  await poll('the incident has ended', 30_000, async () => (await page('/incidents')).includes('Nothing is wrong now.'))
  server.close()
  run.kill('SIGTERM')
  expect((await run.ended).code).toBe(0)
}, 120_000)
