import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { tcpServer } from '../../helpers/tls-server.ts'

const info = 'INFO {"server_id":"x","version":"2.10.0","proto":1,"max_payload":1048576,"headers":true}\r\n'

test.each([
  ['kafka', 'says nothing', '', (at: string) => ({ brokers: [at], topic: 'logs' })],
  ['nats', 'says nothing', '', (at: string) => ({ servers: [at], subject: 'logs' })],
  ['nats', 'says nothing behind its greeting', info, (at: string) => ({ servers: [at], subject: 'logs' })],
  ['nats', 'says nothing, as another does', '', (at: string) => ({ servers: [at, at], subject: 'logs' })],
])(
  'nothing of the %s sink is left when it was given up on a peer that %s',
  async (type, _, greeting, params) => {
    await using peer = await tcpServer(socket => void (greeting && socket.write(greeting)))
    const argv = [join(import.meta.dirname, 'silent-peer.ts'), type, JSON.stringify(params(`127.0.0.1:${peer.port}`))]
    const child = Bun.spawn([process.execPath, ...argv], { stdout: 'pipe', timeout: 60_000 })
    let told = ''
    let disposed: number | undefined
    for await (const chunk of child.stdout) {
      told += new TextDecoder().decode(chunk)
      if (told.includes('disposed')) disposed ??= performance.now()
    }
    expect(await child.exited).toBe(0)
    expect(told).toBe('later\ndisposed\n')
    // The libraries' own time-outs are 10 seconds.
    expect(performance.now() - (disposed ?? 0)).toBeLessThan(5000)
  },
  90_000,
)
