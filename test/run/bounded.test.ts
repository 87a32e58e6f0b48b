import { expect, test } from 'bun:test'
import { bounded } from '../../src/lib/run/bounded.ts'

test('bounded runs no more at a time than it may, in order of call', async () => {
  const limit = bounded(2)
  const started: string[] = []
  let running = 0
  let most = 0
  const hash = async (file: string): Promise<string> => {
    started.push(file)
    most = Math.max(most, ++running)
    await new Promise(resolve => setImmediate(resolve))
    running--
    return file
  }
  const files = ['nginx.conf', 'mime.types', 'site.conf', 'tls.conf', 'logrotate']
  expect(await Promise.all(files.map(file => limit(() => hash(file))))).toEqual(files)
  expect(started).toEqual(files)
  expect(most).toBe(2)
})
