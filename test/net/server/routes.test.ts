import { describe, expect, test } from 'bun:test'
import { OpsError } from '../../../src/lib/core/errors.ts'
import { route, routes } from '../../../src/lib/net/server/router.ts'
import { jsonResponse } from '../../../src/lib/net/server/server-response.ts'
import { open } from './open.ts'

const handler = routes([
  route({ method: 'GET', path: '/', handler: async () => ({ body: 'the page' }) }),
  route({
    method: 'GET',
    path: '/api/v1/checks/:name',
    handler: async ({ query }, { name }) => jsonResponse({ name, verbose: query.get('verbose') }),
  }),
  route({ method: 'DELETE', path: '/api/v1/checks/:name', needs: 'nothing', handler: async () => ({ status: 204 }) }),
  route({
    method: 'PUT',
    path: '/api/v1/checks/:name',
    needs: 'nothing',
    handler: async request => ({ body: await request.body(20) }),
  }),
  route({
    method: 'GET',
    path: '/locked',
    handler: async () => {
      throw new OpsError('E_LOCKED', 'run 7 holds the lock', { hint: 'wait for it' })
    },
  }),
  route({
    method: 'GET',
    path: '/broken',
    handler: async () => {
      throw new TypeError('secret of the inside')
    },
  }),
])

describe('routes', () => {
  test('give the named parts of a path, decoded, and the query', async () => {
    await using server = await open({ handler })
    const answer = await fetch(`${server.url}/api/v1/checks/web%2Fshop%20x?verbose=1`)
    expect(await answer.json()).toEqual({ name: 'web/shop x', verbose: '1' })
  })

  test('answer HEAD as GET, without its body', async () => {
    await using server = await open({ handler })
    const answer = await fetch(`${server.url}/`, { method: 'HEAD' })
    expect([answer.status, answer.headers.get('content-length'), await answer.text()]).toEqual([200, '8', ''])
  })

  test.each([
    ['GET', '/nothing', 404, null],
    ['POST', '/', 405, 'GET, HEAD, OPTIONS'],
    ['PATCH', '/api/v1/checks/web', 405, 'GET, HEAD, DELETE, PUT, OPTIONS'],
    ['OPTIONS', '/', 204, 'GET, HEAD, OPTIONS'],
    ['DELETE', '/api/v1/checks/web', 204, null],
    ['GET', '/locked', 409, null],
    ['GET', '/broken', 500, null],
  ])('%s %s is %i', async (method, path, status, allow) => {
    await using server = await open({ handler })
    const answer = await fetch(server.url + path, { method })
    expect([answer.status, answer.headers.get('allow')]).toEqual([status, allow])
  })

  test('read a body, and refuse one that is too large', async () => {
    await using server = await open({ handler })
    const put = (body: string) => fetch(`${server.url}/api/v1/checks/web`, { method: 'PUT', body })
    expect(await (await put('interval: 30s')).text()).toBe('interval: 30s')
    expect((await put('interval: 30s'.repeat(9))).status).toBe(413)
  })
})

describe('trouble', () => {
  test('of ours is told by an id that the log names, and by nothing else', async () => {
    await using server = await open({ handler })
    const answer = await fetch(`${server.url}/broken`)
    const problem: Record<string, unknown> = JSON.parse(await answer.text())
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(problem).toEqual({
      type: 'about:blank',
      title: 'Internal Server Error',
      status: 500,
      detail: `something went wrong here; the log has more under ${problem['id']}`,
      id: expect.stringMatching(/^[0-9a-f]{12}$/),
    })
    expect(server.lines.map(({ fields }) => fields['id'])).toEqual([problem['id']])
  })

  test('of the caller is told with its code and hint', async () => {
    await using server = await open({ handler })
    expect(await (await fetch(`${server.url}/locked`)).json()).toEqual({
      type: 'about:blank',
      title: 'Conflict',
      status: 409,
      detail: 'run 7 holds the lock',
      code: 'E_LOCKED',
      hint: 'wait for it',
    })
  })
})
