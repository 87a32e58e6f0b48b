import { expect, test } from 'bun:test'
import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { credsAuthenticator } from '@nats-io/transport-node'
import { TestAuthority } from '../helpers/certificates.ts'
import { counted } from '../helpers/counts.ts'
import { Nats } from '../helpers/nats.ts'
import { natsAccounts } from '../helpers/nats-accounts.ts'
import { needs } from '../helpers/needs.ts'
import { startOpsctl } from '../helpers/opsctl.ts'
import { poll } from '../helpers/poll.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const restarts = counted({ reduced: 4, full: 40 })
const each = 2000

test.skipIf(!needs('nats-server', 'openssl'))(
  `opsctl ship-logs delivers each record once to NATS with TLS and credentials, which is killed ${restarts} times, as opsctl is`,
  async () => {
    await using directory = await tempDir()
    const ca = await TestAuthority.root(directory.path, { name: 'nats ca' })
    const issued = await ca.issue({ name: 'nats.test', names: ['IP:127.0.0.1'] })
    const { config, credentials } = natsAccounts()
    const at = (name: string): string => join(directory.path, name)
    await writeFile(at('nats.conf'), config)
    await writeFile(at('nats.creds'), credentials, { mode: 0o600 })
    await writeFile(at('app.log'), '')
    const authenticator = credsAuthenticator(new TextEncoder().encode(credentials))
    const tls = ['--tls', '--tlscert', issued.cert, '--tlskey', issued.key]
    await using nats = await Nats.startFor({ authenticator, tls: { ca: await readFile(ca.cert, 'utf8') } }, [
      '-c',
      at('nats.conf'),
      ...tls,
    ])
    await nats.addStream('logs')
    const sink = {
      ...{ type: 'nats', servers: [nats.server], subject: 'logs.shop' },
      ...{ credentials: { file: at('nats.creds') }, tls: { ca: ca.cert } },
    }
    const sources = { app: { type: 'file', paths: [at('app.log')], format: 'logfmt' } }
    await writeFile(at('pipeline.yaml'), JSON.stringify({ sources, sinks: { out: sink } }))
    const options = { home: directory.path, cwd: directory.path, deadlineMs: 300_000 }
    const start = () => startOpsctl(['ship-logs', '-f', 'pipeline.yaml', '--follow'], options)
    let written = 0
    const write = async (): Promise<void> => {
      await appendFile(at('app.log'), Array.from({ length: each }, (_, n) => `message="order ${written + n}"\n`).join(''))
      written += each
    }
    let run = await start()
    for (let restart = 0; restart < restarts; restart++) {
      const before = await nats.count('logs')
      await write()
      await poll('some of it arrived', 60_000, async () => (await nats.count('logs')) > before)
      await nats.kill()
      await write()
      if (restart % 2 === 1) {
        run.kill('SIGKILL')
        await run.ended
        run = await start()
      }
      await nats.boot()
    }
    await poll('all of it arrived', 60_000, async () => (await nats.count('logs')) >= written)
    run.kill('SIGTERM')
    expect((await run.ended).code).toBe(143)
    const numbers = (await nats.messages('logs')).map(([, text]) => Number(/order (\d+)/.exec(text)?.[1]))
    expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: written }, (_, n) => n))
  },
  120_000 + restarts * 15_000,
)
