import { describe, expect, test } from 'bun:test'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { freePort } from '../helpers/free-port.ts'
import { findProgram, needs } from '../helpers/needs.ts'
import { startOpsctl } from '../helpers/opsctl.ts'
import { poll } from '../helpers/poll.ts'
import { tempDir } from '../helpers/temp-dir.ts'

/** Each variable under the name that opsctl gives to it. */
const variables: Readonly<Record<string, string>> = {
  remote_addr: '$remote_addr',
  request_id: '$request_id',
  status: '$status',
  bytes: '$body_bytes_sent',
  referer: '$http_referer',
  user_agent: '$http_user_agent',
  request_time: '$request_time',
  request_length: '$request_length',
}
const format =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_time $request_length $request_id'

/** What clients send that is seldom in examples: raw bytes, with the end of the head where that is missing. */
const requests: readonly string[] = [
  'GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: curl/8.5\r\nReferer: https://shop.example/?q="1"\r\n',
  'GET /a%20b?x=1&y=%22 HTTP/1.1\r\nHost: a\r\nUser-Agent: quote " and \\ backslash\r\n',
  'GET /missing HTTP/1.0\r\nUser-Agent:\r\n',
  'POST /pay HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nUser-Agent: caf\u00e9 \u2615 \ud83d\ude80\r\n',
  'GET /\u00e4\u00f6 HTTP/1.1\r\nHost: a\r\n',
  'GET /tab?\tx HTTP/1.1\r\nHost: a\r\nUser-Agent: a\tb\r\n',
  'BREW / HTTP/1.1\r\nHost: a\r\n',
  'nonsense\r\n',
  'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n',
  `GET /${'long'.repeat(500)} HTTP/1.1\r\nHost: a\r\nUser-Agent: ${'x'.repeat(3000)}\r\n`,
  'GET /../../etc/passwd HTTP/1.1\r\nHost: a\r\n',
  'OPTIONS * HTTP/1.1\r\nHost: a\r\nUser-Agent: -\r\n',
  '\x16\x03\x01\x00\xa5hello\r\n',
  'GET /%00%ff HTTP/1.1\r\nHost: a\r\nUser-Agent: ${jndi:ldap://x} ]} [ } {\r\n',
]

async function send(port: number, head: string): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  const { promise, resolve } = Promise.withResolvers<void>()
  socket.on('close', () => resolve()).on('error', () => {})
  socket.resume()
  const bytes = head.startsWith('\x16') ? Buffer.from(head, 'latin1') : Buffer.from(head)
  socket.write(Buffer.concat([bytes, Buffer.from('Connection: close\r\n\r\n')]))
  await promise
}

describe.skipIf(!needs('nginx'))("nginx's own log", () => {
  test('has in its records what nginx says in JSON of the same requests, over a rotation', async () => {
    await using dir = await tempDir()
    const port = await freePort()
    const at = (name: string): string => join(dir.path, name)
    const json = `{${Object.entries(variables).map(([name, variable]) => `"${name}":"${variable}"`)},"request":"$request"}`
    const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(kind => `${kind}_temp_path ${dir.path};`).join(' ')
    writeFileSync(
      at('nginx.conf'),
      `daemon off; master_process off; pid ${at('nginx.pid')}; error_log ${at('error.log')}; events {}
      http {
        ${places}
        log_format own '${format}';
        log_format oracle escape=json '${json}';
        server {
          listen 127.0.0.1:${port};
          access_log ${at('access.log')} own;
          access_log ${at('oracle.log')} oracle;
          location / { return 200 "hello"; }
          location /missing { return 404; }
          location /pay { return 502; }
        }
      }`,
    )
    const server = Bun.spawn([findProgram('nginx') ?? 'nginx', '-p', dir.path, '-c', at('nginx.conf')], {
      stdout: 'ignore',
      stderr: 'ignore',
    })
    await using _server = {
      async [Symbol.asyncDispose]() {
        server.kill()
        await server.exited
      },
    }
    await poll('nginx has its log', 20_000, () => Bun.file(at('access.log')).exists())
    const run = await startOpsctl(['ship-logs', '--follow', '--format', `nginx:${format}`, at('access.log')], {
      deadlineMs: 120_000,
    })
    await using _run = { [Symbol.asyncDispose]: async () => run.kill('SIGKILL') }
    const lines = (): number => run.stdout().split('\n').length - 1
    for (const head of requests) await send(port, head)
    // What is renamed before it looks for the first time is another file.
    await poll('it follows', 60_000, () => lines() > 0)
    renameSync(at('access.log'), at('access.log.1'))
    server.kill('SIGUSR1')
    await poll('nginx has a new log', 20_000, () => Bun.file(at('access.log')).exists())
    for (const head of requests) await send(port, head)
    const oracle = (): Record<string, string>[] =>
      readFileSync(at('oracle.log'), 'utf8')
        .split('\n')
        .slice(0, -1)
        .map(line => JSON.parse(line))
    await poll('all came', 60_000, () => lines() >= 2 * requests.length)
    run.kill('SIGTERM')
    const { stdout, stderr } = await run.ended
    const records: Record<string, unknown>[] = stdout
      .split('\n')
      .slice(0, -1)
      .map(line => JSON.parse(line))
    expect(stderr).not.toContain('did not fit')
    const said: unknown[] = records.map(record => ({
      ...Object.fromEntries(Object.keys(variables).map(name => [name, String(record[name] ?? '')])),
      request: record['request'] ?? [record['method'], record['path'], record['protocol']].join(' '),
    }))
    // A dash is what nginx writes for nothing.
    expect(said).toEqual(
      oracle().map(each => ({
        ...each,
        request_time: String(Number(each['request_time'])),
        user_agent: each['user_agent']?.replace(/^-$/, '') ?? '',
      })),
    )
    expect(records.length).toBe(2 * requests.length)
  }, 180_000)
})
