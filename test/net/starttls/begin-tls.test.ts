import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { systemClock } from '../../../src/lib/io/system-clock.ts'
import { NetError } from '../../../src/lib/net/net-error.ts'
import { beginTls, type StartTlsName, startTlsNames } from '../../../src/lib/net/starttls/begin-tls.ts'
import { startTls } from '../../../src/lib/net/tls/start-tls.ts'
import { type Issued, TestAuthority } from '../../helpers/certificates.ts'
import { needs } from '../../helpers/needs.ts'
import { type TempDir, tempDir } from '../../helpers/temp-dir.ts'
import { type Listening, NoSocket, opensslServer, tcpServer, tcpTo } from '../../helpers/tls-server.ts'
import { type Script, scripted, unwilling, willing } from './starttls-servers.ts'

const long = 120_000
const server = 'shop.test'
const { signal } = new AbortController()

describe.skipIf(!needs('openssl'))('going over to TLS', () => {
  let directory: TempDir
  let tls: Listening
  let shop: Issued
  let ca: string
  beforeAll(async () => {
    directory = await tempDir()
    const root = await TestAuthority.root(directory.path, { name: 'Example Root', key: 'ec:P-256' })
    shop = await root.issue({ name: server, key: 'ec:P-256', names: ['DNS:shop.test'] })
    ca = await readFile(root.cert, 'utf8')
    tls = await opensslServer(['-cert', shop.cert, '-key', shop.key, '-rev'])
  }, long)
  afterAll(async () => {
    await tls?.[Symbol.asyncDispose]()
    await directory?.[Symbol.asyncDispose]()
  })

  test.each([...startTlsNames])(
    '%s',
    async protocol => {
      await using front = await scripted(willing[protocol], tls.port)
      for (const below of [await tcpTo(front.port), new NoSocket(await tcpTo(front.port))]) {
        await beginTls(below, { protocol, server, signal })
        const { stream, seen } = await startTls(below, { serverName: server, ca, signal, clock: systemClock })
        expect(seen.problems).toEqual([])
        const answer = new Promise(resolve => stream.once('data', chunk => resolve(String(chunk))))
        stream.write('abc\n')
        expect(await answer).toBe('cba\n')
        stream.destroy()
      }
    },
    long,
  )
})

const begin = async (
  { port }: Listening,
  protocol: StartTlsName,
  more: { readonly signal?: AbortSignal } = {},
): Promise<unknown> => {
  const stream = await tcpTo(port)
  const outcome = await beginTls(stream, { protocol, server, signal, ...more }).catch(error => error)
  if (outcome !== undefined) expect(stream.destroyed).toBe(true)
  stream.destroy()
  return outcome
}

test.each([...unwilling])('a server of %s that will not is told with its words', async (protocol, script, words) => {
  await using front = await scripted(script)
  expect(await begin(front, protocol)).toMatchObject({ reason: 'tls', phase: 'wait', message: expect.stringMatching(words) })
})

test.each(Object.entries(willing))(
  'what a server of %s adds to its word is not taken for what is protected',
  async (name, script) => {
    const last = script.at(-1)
    if (!last || !('says' in last)) return
    const injected: Script = [
      ...script.slice(0, -1),
      { says: Buffer.concat([Buffer.from(last.says), Buffer.from('250 injected\r\n')]) },
    ]
    await using front = await scripted(injected)
    expect(await begin(front, name as StartTlsName)).toMatchObject({
      reason: 'protocol',
      message: expect.stringMatching(/goes on without TLS/),
    })
  },
)

test('a server that says too much, nothing, or goes away ends it', async () => {
  await using endless = await tcpServer(socket => {
    const more = (): void => void socket.write('220-more\r\n'.repeat(1000), error => error ?? more())
    more()
  })
  expect(await begin(endless, 'smtp')).toMatchObject({ reason: 'too-large' })
  await using gone = await tcpServer(socket => void socket.end('220-he'))
  expect(await begin(gone, 'smtp')).toMatchObject({ reason: 'reset' })
  await using silent = await tcpServer(() => undefined)
  const controller = new AbortController()
  const waiting = begin(silent, 'imap', { signal: controller.signal })
  controller.abort(new Error('time is over'))
  expect(await waiting).toMatchObject({ message: 'time is over' })
})

test(
  'any bytes are an answer, a refusal, or too much',
  async () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 300 })
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...startTlsNames), bytes, async (protocol, said) => {
        await using front = await tcpServer(socket => void socket.end(said))
        const outcome = await begin(front, protocol)
        expect(outcome === undefined || outcome instanceof NetError).toBe(true)
      }),
      { numRuns: 200 },
    )
  },
  long,
)
