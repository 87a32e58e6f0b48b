import { expect } from 'bun:test'
import type { Socket } from 'node:net'
import type { CheckResult } from '../../src/lib/core/check.ts'
import type { Component } from '../../src/lib/core/component.ts'
import type { Json } from '../../src/lib/core/json.ts'
import { deadlineGraceMs } from '../helpers/deadline-grace.ts'
import { type Listening, tcpServer } from '../helpers/tls-server.ts'
import { checkPlace } from './check-place.ts'

/** Accepts connections and says nothing. */
export const silent = (): Promise<Listening> => tcpServer(() => undefined)

/** Says the same for ever, as fast as it is read. */
export const endless = (piece: string | Uint8Array, begin: string | Uint8Array = ''): Promise<Listening> =>
  tcpServer(socket => {
    const chunk = Buffer.concat(Array.from({ length: Math.ceil(65_536 / piece.length) }, () => Buffer.from(piece)))
    const more = (): void => {
      while (!socket.destroyed && socket.write(chunk));
    }
    socket.on('drain', more)
    if (begin.length > 0) socket.write(begin)
    more()
  })

/** Says a byte now and then, and never comes to an end. */
export const slow = (text: string | Uint8Array, everyMs = 20): Promise<Listening> =>
  tcpServer(socket => {
    const bytes = Buffer.from(text)
    let at = 0
    const timer = setInterval(() => socket.write(bytes.subarray(at, ++at)), everyMs)
    socket.on('close', () => clearInterval(timer))
  })

/** Says this once it has heard something, or at once, and then resets the connection. */
export const resetting = (text: Uint8Array, { hears = false } = {}): Promise<Listening> =>
  tcpServer(socket => {
    const play = (): void => {
      if (text.length === 0) socket.resetAndDestroy()
      else socket.write(text, () => socket.resetAndDestroy())
    }
    if (hears) socket.once('data', play)
    else play()
  })

/** Says this to whoever says something, and waits. */
export const answering = (text: string | Uint8Array): Promise<Listening> =>
  tcpServer((socket: Socket) => void socket.once('data', () => socket.write(text)))

interface Looked {
  readonly result: CheckResult
  readonly ms: number
  readonly growth: number
}

/** A look with a short deadline; it must be over in time, and hold no more than 64 MiB. */
export async function lookInTime(component: Component<'check'>, config: Record<string, Json>, timeoutMs = 400): Promise<Looked> {
  const check = component.build({ ...config, timeout: `${timeoutMs}ms` })
  Bun.gc(true)
  const before = process.memoryUsage().rss
  const start = performance.now()
  const result = await check.run(checkPlace())
  const ms = performance.now() - start
  const growth = process.memoryUsage().rss - before
  expect(ms).toBeLessThan(timeoutMs + deadlineGraceMs)
  expect(growth).toBeLessThan(64 * 1024 ** 2)
  return { result, ms, growth }
}
