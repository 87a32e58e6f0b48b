import { describe, expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { inProcess, startInProcess } from '../helpers/in-process.ts'
import { poll } from '../helpers/poll.ts'
import { tempDir } from '../helpers/temp-dir.ts'

/** A shop with a login: orders are made and deleted with the token that it gave. */
async function shop({ broken = false } = {}) {
  const asked: string[] = []
  const orders = new Set<string>()
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    const allowed = request.headers['x-token'] === 'a-secret-token'
    const end = (status: number, body: unknown): void =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    if (request.url === '/never') return
    if (request.url === '/login') return end(200, { token: 'a-secret-token', user: { id: 7 } })
    if (!allowed) return end(403, {})
    if (request.method === 'POST') {
      void textOf(request).then(body => {
        orders.add(body)
        end(broken ? 500 : 201, { id: 'o1', user: 7 })
      })
      return
    }
    if (request.method === 'DELETE') orders.clear()
    end(200, { state: 'paid', orders: [...orders] })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  return { url: `http://127.0.0.1:${port}`, asked, orders, [Symbol.dispose]: () => void server.close().closeAllConnections() }
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const piece of request) text += piece
  return text
}

const suite = (url: string): string => `
suites:
  - name: buying
    variables: { article: book }
    steps:
      - name: login
        endpoint: ${url}/login
        capture: { token: { jsonpath: $.token }, user: { jsonpath: $.user.id } }
      - name: order
        endpoint: ${url}/orders
        method: POST
        headers: { x-token: '\${token}', content-type: application/json }
        body: '{"article": "\${article}", "user": \${user}}'
        dimensions: [{ type: http_status, expect: 201 }]
        capture: { order: { jsonpath: $.id } }
      - name: look
        endpoint: ${url}/orders/\${order}
        headers: { x-token: '\${token}' }
        dimensions: [{ type: assert, assert: [{ jsonpath: $.state, equals: paid }] }]
    cleanup:
      - name: delete
        endpoint: ${url}/orders
        method: DELETE
        headers: { x-token: '\${token}' }
`

async function run(text: string, args: readonly string[] = []) {
  await using dir = await tempDir()
  await writeFile(join(dir.path, 'checks.yaml'), text)
  const { code, stdout, stderr } = await inProcess(['probe', ...args, '-f', 'checks.yaml', '-o', 'json'], { cwd: dir.path })
  return { code, stdout, stderr, items: stdout === '' ? [] : JSON.parse(stdout).items }
}

const verdicts = (items: readonly { name: string; verdict: string }[]): string[] =>
  items.map(({ name, verdict }) => `${name.replace('buying ', '')} ${verdict}`)

describe('a suite', () => {
  test('hands what it captured from step to step, and cleans up', async () => {
    using server = await shop()
    const { code, items } = await run(suite(server.url))
    expect(verdicts(items)).toEqual(['login pass', 'order pass', 'look pass', 'delete pass'])
    expect(code).toBe(0)
    expect(server.asked).toEqual(['GET /login', 'POST /orders', 'GET /orders/o1', 'DELETE /orders'])
    expect(server.orders.size).toBe(0)
  })

  test('makes no step after a failed one, but cleans up', async () => {
    using server = await shop({ broken: true })
    const { code, items } = await run(suite(server.url))
    expect(verdicts(items)).toEqual(['login pass', 'order fail', 'look na', 'delete pass'])
    expect(items[1]).toMatchObject({ reason: 'status', message: 'status 500, not 201' })
    expect(code).toBe(1)
    expect(server.orders.size).toBe(0)
  })

  const cut = (url: string): string => suite(url).replace(/endpoint: \S+\/orders\/\$\{order\}/, `endpoint: ${url}/never`)

  test('cleans up after an interrupt, and tells both', async () => {
    using server = await shop()
    await using dir = await tempDir()
    await writeFile(join(dir.path, 'checks.yaml'), cut(server.url))
    const started = startInProcess(['probe', '-f', 'checks.yaml', '-o', 'json'], { cwd: dir.path })
    await poll('the last step has begun', 30_000, () => server.asked.includes('GET /never'))
    started.signal('SIGINT')
    const { code, stdout } = await started.ended
    expect(code).toBe(130)
    expect(server.orders.size).toBe(0)
    expect(verdicts(JSON.parse(stdout).items)).toEqual(['login pass', 'order pass', 'look unknown', 'delete pass'])
    expect(JSON.parse(stdout).items[2]).toMatchObject({ reason: 'cancelled' })
  }, 60_000)

  test('cleans up when the deadline of the run passes', async () => {
    using server = await shop()
    const { code, items } = await run(cut(server.url), ['--deadline', '2s'])
    expect(code).toBe(124)
    expect(server.orders.size).toBe(0)
    expect(items[2]).toMatchObject({ verdict: 'unknown', reason: 'deadline' })
  }, 60_000)

  test('cleans up when a step misses its secret', async () => {
    using server = await shop()
    const text = suite(server.url).replace(
      '      - name: look\n',
      '      - name: look\n        cookies: { id: { file: /nonexistent/id } }\n',
    )
    const { code, items } = await run(text)
    expect(code).toBe(3)
    expect(server.orders.size).toBe(0)
    expect(items[2]).toMatchObject({ verdict: 'unknown', reason: 'unreadable' })
  })

  test('shows nothing that it captured', async () => {
    using server = await shop({ broken: true })
    const { stdout } = await run(suite(server.url))
    expect(stdout).not.toContain('a-secret-token')
  })

  test('tells a capture that finds nothing', async () => {
    using server = await shop()
    const { items } = await run(suite(server.url).replace('$.token }', '$.tokn }'))
    expect(items[0]).toMatchObject({
      name: 'buying login',
      verdict: 'fail',
      reason: 'content',
      message: 'nothing to capture for token',
    })
  })

  const wrong: readonly [string, string, RegExp][] = [
    ['a variable that no step before it captures', suite('http://h').replace('${user}', '${usr}'), /\$\{usr\} is not known here/],
    ['a capture of nothing', suite('http://h').replace('{ jsonpath: $.id }', '{ }'), /it names nothing to take/],
    ['a step without a kind', suite('http://h').replace('endpoint: http://h/login', 'x: 1'), /looks at nothing/],
    ['a wrong parameter of a step', suite('http://h').replace('method: POST', 'metod: POST'), /'metod'/],
    ['no steps', 'suites: [{ name: x }]', /a suite needs steps/],
  ]
  test.each(wrong)('is refused for %s', async (_, text, says) => {
    const { code, stderr } = await run(text)
    expect({ code, message: JSON.parse(stderr).message }).toEqual({ code: 78, message: expect.stringMatching(says) })
  })
})
