import { expect, test } from 'bun:test'
import { hostNamed } from '../../src/lib/core/host.ts'
import { systemClock } from '../../src/lib/io/system-clock.ts'
import { LocalTransport, runLocally } from '../../src/lib/transport/local.ts'
import { openProxyCommand } from '../../src/lib/transport/proxy-command.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { transportContract } from './contract.ts'

const place = { clock: systemClock, env: process.env }
const signal = new AbortController().signal

transportContract('this machine', async () => {
  const directory = await tempDir()
  const transport = new LocalTransport(hostNamed('localhost', { via: 'local' }), place)
  return { transport, directory: directory.path, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() }
})

test('a program gets exactly the environment and the directory that it is given', async () => {
  const { stdout } = await runLocally(
    { clock: systemClock, env: { PATH: process.env['PATH'], ONLY: 'this' }, cwd: '/' },
    { argv: ['sh', '-c', 'pwd; env | grep -v -e ^PWD= -e ^_= -e ^PATH='] },
    { signal },
  )
  expect(Buffer.from(stdout).toString()).toBe('/\nONLY=this\n')
})

test('a ProxyCommand carries bytes both ways and tells how it ended', async () => {
  const wire = openProxyCommand('tr a-z A-Z; echo gone wrong >&2; exit 3', place)
  const closed = Promise.withResolvers<Error | undefined>()
  let received = ''
  wire.listen({ data: bytes => (received += Buffer.from(bytes).toString()), closed: error => closed.resolve(error) })
  wire.write(Buffer.from('hello'))
  wire.end()
  expect((await closed.promise)?.message).toMatch(/^the ProxyCommand ended with (status 3|signal SIGTERM)/)
  expect(['', 'HELLO']).toContain(received)
})
