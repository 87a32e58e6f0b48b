import { describe, expect, test } from 'bun:test'
import { encodeEvent } from '../../../src/lib/net/server/event-feed.ts'
import { EventHub } from '../../../src/lib/net/server/event-hub.ts'
import { poll } from '../../helpers/poll.ts'
import { open } from './open.ts'

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
