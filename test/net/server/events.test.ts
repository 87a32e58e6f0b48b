import { describe, expect, test } from 'bun:test'
import { encodeEvent, feedOf } from '../../../src/lib/net/server/event-feed.ts'
import { EventHub } from '../../../src/lib/net/server/event-hub.ts'
import type { Handler } from '../../../src/lib/net/server/server-request.ts'
import { FakeClock } from '../../helpers/fake-clock.ts'
import { poll } from '../../helpers/poll.ts'
import { open } from './open.ts'
import { get, RawClient } from './raw-client.ts'

describe('an event', () => {
  test.each([
    [{ data: 'one' }, 'data: one\n\n'],
    [{ data: 'one\ntwo\r\nthree\rfour' }, 'data: one\ndata: two\ndata: three\ndata: four\n\n'],
    [{ data: '', event: 'a\nb', id: '7\r\n8', retry: 1500 }, 'event: a b\nid: 7 8\nretry: 1500\ndata: \n\n'],
  ])('%j goes over the wire in its fields only', (event, wire) => {
    expect(Buffer.from(encodeEvent(event)).toString()).toBe(wire)
  })
})

describe('a hub', () => {
  test('sends what comes to all, and what was missed to those who come back', async () => {
    const hub = new EventHub({ kept: 2 })
    await using server = await open({ handler: async ({ headers }) => ({ events: hub.feed(headers['last-event-id']) }) })
    const first = await listen(server.url)
    await poll('the client listens', 5000, () => hub.listeners === 1)
    hub.publish({ event: 'check', data: 'web fails' })
    await poll('the event', 5000, () => first.text().includes('web fails'))
    const [, id = ''] = /id: (\S+)/.exec(first.text()) ?? []
    first.close()
    hub.publish({ event: 'check', data: 'web passes' })
    const second = await listen(server.url, { 'last-event-id': id })
    await poll('what was missed', 5000, () => second.text().includes('web passes'))
    expect(second.text()).not.toContain('web fails')
    hub.publish({ data: '3' })
    hub.publish({ data: '4' })
    const third = await listen(server.url, { 'last-event-id': id })
    await poll('a reset', 5000, () => third.text().startsWith('event: reset\n'))
    for (const client of [second, third]) client.close()
    await poll('all have gone', 5000, () => hub.listeners === 0 && server.load.eventStreams === 0)
  })
})

describe('a stream of events', () => {
  test('shows a sign of life every 15 seconds, with one timer for all', async () => {
    const clock = new FakeClock()
    const hub = new EventHub()
    await using server = await open({ clock, handler: async () => ({ events: hub.feed() }) })
    using one = new RawClient(server).send(get())
    using two = new RawClient(server).send(get())
    await poll('both listen', 5000, () => hub.listeners === 2)
    expect(clock.timers).toBe(1)
    await clock.advance(14_999)
    expect(one.received).not.toContain('\n:\n')
    await clock.advance(1)
    await clock.advance(15_000)
    const beats = (client: RawClient) => client.received.match(/\r\n:\n\n\r\n/g)?.length
    await poll('two beats each', 5000, () => beats(one) === 2 && beats(two) === 2)
    expect(one.received.toLowerCase()).toContain('content-type: text/event-stream\r\n')
  })

  test('ends with what makes it', async () => {
    async function* three() {
      for (const data of ['1', '2', '3']) yield { data }
    }
    await using server = await open({ handler: async () => ({ events: feedOf(three()) }) })
    expect(await (await fetch(server.url)).text()).toBe('data: 1\n\ndata: 2\n\ndata: 3\n\n')
  })

  test('ends what makes it, when the client goes', async () => {
    let isEnded = false
    const handler: Handler = async ({ signal }) => ({ events: feedOf(endless(signal)) })
    async function* endless(signal: AbortSignal) {
      try {
        yield { data: 'first' }
        await new Promise(resolve => signal.addEventListener('abort', resolve))
      } finally {
        isEnded = true
      }
    }
    await using server = await open({ handler })
    using client = new RawClient(server).send(get())
    await poll('the first', 5000, () => client.received.includes('first'))
    client.socket.destroy()
    await poll('the end', 5000, () => isEnded && server.load.eventStreams === 0)
    expect(server.lines).toEqual([])
  })

  test('that breaks is cut, and logged', async () => {
    async function* broken() {
      yield { data: 'first' }
      throw new Error('the history is gone')
    }
    await using server = await open({ handler: async () => ({ events: feedOf(broken()) }) })
    using client = new RawClient(server).send(get())
    await client.closed()
    expect(client.received).not.toEndWith('0\r\n\r\n')
    expect(server.lines.map(({ message }) => message)).toEqual(['an answer broke off'])
  })
})

/** What a client of events gets, until it goes. */
async function listen(url: string, headers: Record<string, string> = {}) {
  const controller = new AbortController()
  const answer = await fetch(url, { headers, signal: controller.signal })
  let text = ''
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder()
    for await (const chunk of answer.body ?? []) text += decoder.decode(chunk, { stream: true })
  }
  read().catch(() => {})
  return { text: () => text, close: () => controller.abort() }
}
