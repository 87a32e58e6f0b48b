import { describe, expect, test } from 'bun:test'
import { chmod, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { route, routes } from '../../../src/lib/net/server/router.ts'
import { type TempDir, tempDir } from '../../helpers/temp-dir.ts'
import { open } from './open.ts'

const handler = routes([
  route({ method: 'GET', path: '/metrics', handler: async () => ({ body: 'up 1\n' }) }),
  route({ method: 'GET', path: '/health', needs: 'nothing', handler: async () => ({ body: 'alive\n' }) }),
  route({ method: 'GET', path: '/reload', needs: 'change', handler: async () => ({ status: 204 }) }),
  route({ method: 'POST', path: '/checks', handler: async () => ({ status: 201 }) }),
])

const changing = 'c'.repeat(32)
const reading = 'r'.repeat(32)

async function tokenFile(dir: TempDir, name: string, text: string): Promise<string> {
  const path = join(dir.path, name)
  await writeFile(path, text)
  await chmod(path, 0o600)
  return path
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

describe('without tokens', () => {
  test('everybody reads and nobody changes', async () => {
    await using server = await open({ handler })
    expect((await fetch(`${server.url}/metrics`)).status).toBe(200)
    const refused = await fetch(`${server.url}/checks`, { method: 'POST', headers: bearer('x'.repeat(40)) })
    expect([refused.status, await refused.json()]).toEqual([
      403,
      expect.objectContaining({
        detail: 'nobody may change something here',
        hint: expect.stringContaining('start the server with a file of tokens'),
      }),
    ])
  })

  test('whoever can open our socket in the file system may change', async () => {
    await using dir = await tempDir()
    const unix = join(dir.path, 'opsctl.sock')
    await using server = await open({ handler, listen: [`unix:${unix}`] })
    expect(server.address).toEqual({ type: 'unix', path: unix })
    expect((await fetch('http://localhost/checks', { method: 'POST', unix })).status).toBe(201)
  })
})

describe('a token', () => {
  test.each([
    ['POST', '/checks', {}, 401],
    ['POST', '/checks', bearer(changing), 201],
    ['POST', '/checks', { authorization: `Basic ${btoa(`root:${changing}`)}` }, 201],
    ['POST', '/checks', bearer(reading), 403],
    ['POST', '/checks', bearer(changing.slice(1)), 401],
    ['POST', '/checks', bearer('# a remark, that is no token'), 401],
    ['POST', '/checks', { authorization: changing }, 401],
    ['GET', '/metrics', {}, 401],
    ['GET', '/metrics', bearer(reading), 200],
    ['GET', '/metrics', bearer(changing), 200],
    ['GET', '/health', {}, 200],
  ] as const)('%s %s with %j is %i', async (method, path, headers, status) => {
    await using dir = await tempDir()
    const changeTokens = await tokenFile(dir, 'change', `# a remark, that is no token\n${changing}\n\n`)
    const readTokens = await tokenFile(dir, 'read', reading)
    await using server = await open({ handler, access: { changeTokens, readTokens } })
    const answer = await fetch(server.url + path, { method, headers })
    expect(answer.status).toBe(status)
    expect(answer.headers.get('www-authenticate')?.startsWith('Bearer ') ?? false).toBe(status === 401)
  })

  test('is exchanged with its file, and one whose file is gone is none', async () => {
    await using dir = await tempDir()
    const changeTokens = await tokenFile(dir, 'change', changing)
    await using server = await open({ handler, access: { changeTokens } })
    const post = async (token: string) => (await fetch(`${server.url}/checks`, { method: 'POST', headers: bearer(token) })).status
    expect(await post(changing)).toBe(201)
    await rename(await tokenFile(dir, 'new', 'n'.repeat(32)), changeTokens)
    expect([await post(changing), await post('n'.repeat(32))]).toEqual([401, 201])
    await rm(changeTokens)
    expect(await post('n'.repeat(32))).toBe(401)
  })

  test('that is missing or too short is told at the start, with its file', async () => {
    await using dir = await tempDir()
    const short = await tokenFile(dir, 'short', 'password\n')
    await expect(open({ access: { changeTokens: short } })).rejects.toMatchObject({
      code: 'E_CONFIG',
      message: `${short} holds no token of 16 characters or more`,
    })
    await expect(open({ access: { readTokens: join(dir.path, 'none') } })).rejects.toThrow(`${dir.path}/none: ENOENT`)
  })
})

describe('the page of another site', () => {
  const post = async (headers: Record<string, string>, names: readonly string[] = []) => {
    await using dir = await tempDir()
    const changeTokens = await tokenFile(dir, 'change', changing)
    await using server = await open({ handler, names, access: { changeTokens } })
    const all = { ...bearer(changing), ...headers }
    return (await fetch(`${server.url}/checks`, { method: 'POST', headers: all })).status
  }

  test.each([
    [{}, 201],
    [{ host: 'localhost:9115', origin: 'http://localhost:9115', 'sec-fetch-site': 'same-origin' }, 201],
    [{ host: 'localhost:9115', origin: 'http://LOCALHOST:9115' }, 201],
    [{ 'sec-fetch-site': 'none' }, 201],
    [{ host: 'localhost:9115', origin: 'http://localhost:3000' }, 403],
    [{ host: 'localhost:9115', origin: 'https://evil.test' }, 403],
    [{ origin: 'null' }, 403],
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ 'sec-fetch-site': 'same-site' }, 403],
  ])('with %j is %i', async (headers: Record<string, string>, status) => {
    expect(await post(headers)).toBe(status)
  })

  test('may not use GET either for what changes something', async () => {
    await using dir = await tempDir()
    const changeTokens = await tokenFile(dir, 'change', changing)
    await using server = await open({ handler, access: { changeTokens } })
    const reload = async (site: string) =>
      (await fetch(`${server.url}/reload`, { headers: { ...bearer(changing), 'sec-fetch-site': site } })).status
    expect([await reload('same-origin'), await reload('cross-site')]).toEqual([204, 403])
  })

  test.each([
    ['localhost', 200],
    ['LocalHost.:9115', 200],
    ['page.localhost', 200],
    ['127.0.0.1:1', 200],
    ['10.1.2.3', 200],
    ['[::1]:9115', 200],
    ['ops.example:443', 200],
    ['evil.test', 421],
    ['localhost.evil.test', 421],
    ['127.0.0.1.evil.test', 421],
    ['ops.example.evil.test', 421],
    ['user@localhost', 400],
    ['localhost:http', 400],
    ['[evil]', 400],
  ])('that calls us %s gets %i', async (host, status) => {
    await using server = await open({ handler, names: ['OPS.example'] })
    expect((await fetch(`${server.url}/metrics`, { headers: { host } })).status).toBe(status)
  })
})
