import { describe, expect, test } from 'bun:test'
import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { activatedAddresses, formatAddress, parseListenAddress } from '../../../src/lib/net/server/listen-address.ts'
import { needs } from '../../helpers/needs.ts'
import { poll } from '../../helpers/poll.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { open } from './open.ts'
import { get, RawClient } from './raw-client.ts'

describe('an address', () => {
  test.each(['127.0.0.1:9115', '[::1]:0', 'localhost:80', 'unix:/run/opsctl.sock', 'fd:3'])(
    '%s is read as it is written',
    text => {
      expect(formatAddress(parseListenAddress(text))).toBe(text)
    },
  )

  test.each([
    '',
    '9115',
    ':9115',
    '127.0.0.1',
    '127.0.0.1:65536',
    '::1:80',
    '[1.2.3.4]:80',
    '[x]:80',
    'unix:run',
    'fd:x',
    'http://a:1',
  ])("'%s' is none", text => expect(() => parseListenAddress(text)).toThrow(`'${text}' is no address to listen on`))

  test.each([
    [{ LISTEN_FDS: '2', LISTEN_PID: '42' }, ['fd:3', 'fd:4']],
    [{ LISTEN_FDS: '2', LISTEN_PID: '43' }, []],
    [{ LISTEN_FDS: 'two', LISTEN_PID: '42' }, []],
    [{}, []],
  ])('of systemd in %j', (env, addresses) => {
    expect(activatedAddresses(env, 42)).toEqual(addresses)
  })
})

describe('a server', () => {
  test('listens on several addresses', async () => {
    await using dir = await tempDir()
    const unix = join(dir.path, 'x.sock')
    await using server = await open({ listen: ['127.0.0.1:0', '127.0.0.2:0', `unix:${unix}`] })
    const urls = server.addresses.slice(0, 2).map(address => `http://${formatAddress(address)}/`)
    for (const url of urls) expect(await (await fetch(url)).text()).toBe('ok')
    expect(await (await fetch('http://any.name/', { unix })).text()).toBe('ok')
    expect((await stat(unix)).mode & 0o777).toBe(0o600)
  })

  test.each(['0.0.0.0:0', '[::]:0'])('does not listen on %s without TLS, unless told to', async listen => {
    await expect(open({ listen: [listen] })).rejects.toMatchObject({
      code: 'E_USAGE',
      message: expect.stringContaining('can be reached from other machines, and there is no TLS'),
      hint: expect.any(String),
    })
    await using server = await open({ listen: [listen], insecureListen: true })
    expect(await (await fetch(server.url)).text()).toBe('ok')
  })

  test('names the address that it can not have, and leaves none open', async () => {
    await using taken = await open()
    const wanted = ['127.0.0.1:0', formatAddress(taken.address)]
    await expect(open({ listen: wanted })).rejects.toMatchObject({
      code: 'E_USAGE',
      message: `could not listen on 127.0.0.1:${taken.port}: EADDRINUSE`,
    })
    await expect(open({ listen: ['192.0.2.1:80'], insecureListen: true })).rejects.toThrow('192.0.2.1:80: EADDRNOTAVAIL')
  })

  test('takes the place of a socket that a killed one left, and of nothing else', async () => {
    await using dir = await tempDir()
    const path = join(dir.path, 'x.sock')
    const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
    await Bun.spawn([process.execPath, '-e', script], { stdout: 'ignore', stderr: 'ignore' }).exited
    expect((await stat(path)).isSocket()).toBe(true)
    await using server = await open({ listen: [`unix:${path}`] })
    await expect(open({ listen: [`unix:${path}`] })).rejects.toThrow('another program does')
    await server.close()
    await writeFile(path, 'a letter')
    await expect(open({ listen: [`unix:${path}`] })).rejects.toThrow('what is there is no socket')
  }, 60_000)
})

describe('a server that closes', () => {
  test('takes nothing new, ends what is idle, and lets a request finish', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    await using server = await open({
      handler: async ({ path }) => {
        if (path === '/slow') await promise
        return { body: path }
      },
    })
    using idle = new RawClient(server).send(get())
    await idle.answers(1)
    using busy = new RawClient(server).send(get('/slow'))
    await poll('both', 5000, () => server.asked === 2)
    const closing = server.close()
    await idle.closed()
    await expect(fetch(server.url)).rejects.toThrow()
    resolve()
    await closing
    await busy.closed()
    expect(busy.received).toEndWith('\r\n\r\n/slow')
    expect(busy.received.toLowerCase()).toContain('connection: close')
  })

  test('cuts after its patience what does not end, and tells the handler', async () => {
    let reason: unknown
    await using server = await open({
      limits: { drainMs: 50 },
      handler: ({ signal }) =>
        new Promise(() => {
          signal.addEventListener('abort', () => {
            reason = signal.reason
          })
        }),
    })
    using client = new RawClient(server).send(get())
    using silent = new RawClient(server).send('GET')
    await poll('both', 5000, () => server.asked === 1 && server.load.connections === 2)
    await server.close()
    expect([server.load.connections, String(reason)]).toEqual([0, 'Error: the server closes'])
    await Promise.all([client.closed(), silent.closed()])
  })

  test('sends its listeners away', async () => {
    const controller = new AbortController()
    await using server = await open({
      signal: controller.signal,
      handler: async () => ({ events: { subscribe: () => () => {} } }),
    })
    using client = new RawClient(server).send(get())
    await client.answers(1)
    controller.abort()
    await client.closed()
    expect(client.received).toContain('event: closing\nretry: 3000\ndata: the server closes\n\n')
    expect(client.received).toEndWith('\r\n0\r\n\r\n')
    await server.close()
  })

  test('closes once, however often it is told', async () => {
    await using server = await open()
    await Promise.all([server.close(), server.close()])
    await server.close()
  })
})

test.skipIf(!needs('python3'))(
  'a socket that somebody else opened is listened on',
  async () => {
    const script = `
import os, socket, sys
s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(8); os.dup2(s.fileno(), 3); os.set_inheritable(3, True)
print(s.getsockname()[1], flush=True)
os.environ['LISTEN_FDS'] = '1'; os.environ['LISTEN_PID'] = str(os.getpid())
os.execv(sys.argv[1], sys.argv[1:])`
    const activated = join(import.meta.dirname, 'activated.ts')
    const child = Bun.spawn(['python3', '-c', script, process.execPath, activated], { stdout: 'pipe', stderr: 'inherit' })
    try {
      const reader = child.stdout.getReader()
      let said = ''
      await poll('the server listens', 30_000, async () => {
        said += new TextDecoder().decode((await reader.read()).value)
        return said.includes('listening')
      })
      const [port] = said.split('\n')
      expect(said).toContain(`listening on 127.0.0.1:${port}`)
      expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('ok')
    } finally {
      child.kill()
      await child.exited
    }
  },
  60_000,
)
