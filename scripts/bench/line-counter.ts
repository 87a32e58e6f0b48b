/**
 * A web server that takes lines and counts them: `line-counter.ts [SECONDS]`, which answers 503 for so long from the first request on. Prints its
 * port. `GET /` gives the number of lines since it was asked last, and begins anew.
 */
import { gunzipSync } from 'node:zlib'

const refusesMs = Number(process.argv[2] ?? 0) * 1000
let lines = 0
let first: number | undefined

const newline = 10
function count(bytes: Uint8Array): number {
  let found = 0
  for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, at + 1)) found++
  return found
}

const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  maxRequestBodySize: 256 * 1024 * 1024,
  async fetch(request) {
    if (request.method === 'GET') {
      const counted = lines
      lines = 0
      first = undefined
      return new Response(String(counted))
    }
    const body = new Uint8Array(await request.arrayBuffer())
    first ??= performance.now()
    if (performance.now() - first < refusesMs) return new Response('busy', { status: 503 })
    lines += count(request.headers.get('content-encoding') === 'gzip' ? gunzipSync(body) : body)
    return new Response('{}')
  },
})
process.stdout.write(`${server.port}\n`)
