import { describe, expect, test } from 'bun:test'
import type { Socket } from 'node:net'
import http from '../../../src/lib/probe/checks/http.ts'
import { deadlineGraceMs } from '../../helpers/deadline-grace.ts'
import { checkPlace } from '../../probe/check-place.ts'
import { scriptedServer } from '../http/scripted-server.ts'
import { hostileServers } from './hostile-servers.ts'

// Wants calm: looks may take 100 ms more than their deadline.

const deadlineMs = 400
const mebibyte = 1_048_576

describe('a server that', () => {
  for (const { name, script, reason, message } of hostileServers) {
    test(`${name} ${reason === undefined ? 'has answered' : `is told as ${reason}`}, in time and in bounds`, async () => {
      await using server = await scriptedServer(script)
      const check = http.build({
        endpoint: `http://127.0.0.1:${server.port}/`,
        timeout: reason === 'timeout' ? `${deadlineMs}ms` : '10s',
        max_body: '8MiB',
      })
      Bun.gc(true)
      const before = process.memoryUsage().rss
      const start = performance.now()
      const result = await check.run(checkPlace())
      const tookMs = performance.now() - start
      expect(result.reason).toBe(reason)
      if (message) expect(result.message).toMatch(message)
      if (reason === 'timeout') expect(tookMs).toBeLessThan(deadlineMs + deadlineGraceMs)
      expect(process.memoryUsage().rss - before).toBeLessThan(64 * mebibyte)
    }, 60_000)
  }
})

describe('an answer that breaks off at any of its bytes', () => {
  const head = 'HTTP/1.1 200 OK\r\nserver: nginx\r\ntransfer-encoding: chunked\r\n\r\n'
  const answer = Buffer.from(`${head}5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nx-sum: 1\r\n\r\n`)

  for (const [how, end] of [
    ['closed', (socket: Socket) => void socket.end()],
    ['reset', (socket: Socket) => void socket.resetAndDestroy()],
  ] as const) {
    test(`is told as reset where it is ${how}, and one that is whole is an answer`, async () => {
      for (let length = 0; length <= answer.length; length++) {
        await using server = await scriptedServer((socket, asked) =>
          asked(() => (length === 0 ? end(socket) : socket.write(answer.subarray(0, length), () => end(socket)))),
        )
        const result = await http.build({ endpoint: `http://127.0.0.1:${server.port}/`, timeout: '5s' }).run(checkPlace())
        const whole = length === answer.length
        // A reset takes away what was not read yet, the whole answer too.
        if (!whole) expect({ length, ...result }).toMatchObject({ length, verdict: 'fail', reason: 'reset' })
        else if (how === 'closed') expect(result.verdict).toBe('pass')
      }
    }, 120_000)
  }
})
