import { expect, test } from 'bun:test'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { systemClock } from '../../src/lib/io/system-clock.ts'
import { connectTcp, connectUnix, resolveName } from '../../src/lib/net/connect.ts'
import { freePort } from '../helpers/free-port.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const { signal } = new AbortController()

async function listening(where: { readonly port?: number; readonly host?: string; readonly path?: string }) {
  const server = createServer(socket => socket.on('error', () => {}))
  await new Promise<void>(resolve => server.listen(where, resolve))
  return { [Symbol.dispose]: () => void server.close() }
}

test('a literal address is not looked up, and a name is', async () => {
  expect(await resolveName('192.0.2.7', { family: 0, signal })).toEqual([{ address: '192.0.2.7', family: 4 }])
  expect(await resolveName('::1', { family: 0, signal })).toEqual([{ address: '::1', family: 6 }])
  expect(await resolveName('localhost', { family: 4, signal })).toContainEqual({ address: '127.0.0.1', family: 4 })
  await expect(resolveName('web1.invalid', { family: 0, signal })).rejects.toThrow()
})

test('the next address is tried when one refuses', async () => {
  const port = await freePort()
  using _ = await listening({ port, host: '127.0.0.2' })
  const addresses = [1, 2].map(last => ({ address: `127.0.0.${last}`, family: 4 }) as const)
  const socket = await connectTcp(systemClock, { addresses, port }, signal)
  expect(socket.remoteAddress).toBe('127.0.0.2')
  socket.destroy()
})

test('the trouble of the last address is told when none answers', async () => {
  const port = await freePort()
  const addresses = [1, 2].map(last => ({ address: `127.0.0.${last}`, family: 4 }) as const)
  await expect(connectTcp(systemClock, { addresses, port }, signal)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  await expect(connectTcp(systemClock, { addresses: [], port }, signal)).rejects.toThrow('the name has no address')
})

test('an interrupt ends an attempt with its reason', async () => {
  const interrupt = new AbortController()
  interrupt.abort(new Error('enough'))
  const addresses = [{ address: '127.0.0.1', family: 4 } as const]
  await expect(connectTcp(systemClock, { addresses, port: 9 }, interrupt.signal)).rejects.toThrow('enough')
  await expect(connectUnix('/nonexistent', interrupt.signal)).rejects.toThrow('enough')
  await expect(resolveName('localhost', { family: 0, signal: interrupt.signal })).rejects.toThrow('enough')
})

test('a connection is made from the address that was asked for', async () => {
  const port = await freePort()
  using _ = await listening({ port, host: '127.0.0.1' })
  const addresses = [{ address: '127.0.0.1', family: 4 } as const]
  const socket = await connectTcp(systemClock, { addresses, port, localAddress: '127.0.0.9' }, signal)
  expect(socket.localAddress).toBe('127.0.0.9')
  socket.destroy()
})

test('a Unix socket is reached by its path, or the trouble is told', async () => {
  await using directory = await tempDir()
  const path = join(directory.path, 'agent')
  await expect(connectUnix(path, signal)).rejects.toMatchObject({ code: 'ENOENT' })
  using _ = await listening({ path })
  const socket = await connectUnix(path, signal)
  socket.destroy()
})
