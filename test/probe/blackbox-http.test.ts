import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import http from '../../src/lib/probe/checks/http.ts'
import { TestAuthority } from '../helpers/certificates.ts'
import { needs } from '../helpers/needs.ts'
import { type TempDir, tempDir } from '../helpers/temp-dir.ts'
import { blackboxCases } from './blackbox-http-cases.ts'
import { checkPlace } from './check-place.ts'
import { type WebTls, webServer } from './web-server.ts'

describe.skipIf(!needs('openssl'))('a case of blackbox_exporter', () => {
  let dir: TempDir
  let tls: WebTls
  let files: Readonly<Record<string, string>>
  beforeAll(async () => {
    dir = await tempDir()
    const authority = await TestAuthority.root(dir.path, { name: 'shop root', key: 'ec:P-256' })
    const issued = await authority.issue({ name: 'localhost', names: ['DNS:localhost'], key: 'ec:P-256' })
    tls = { cert: await Bun.file(issued.cert).text(), key: await Bun.file(issued.key).text() }
    files = { CA: authority.cert, BODY: join(dir.path, 'body') }
    await writeFile(join(dir.path, 'body'), 'Test Body\nof two lines\n')
  }, 120_000)
  afterAll(() => dir[Symbol.asyncDispose]())

  for (const each of blackboxCases) {
    test(each.name, async () => {
      await using server = await webServer(each.site, each.tls ? tls : undefined)
      const { endpoint = 'http://127.0.0.1:PORT/', config = {}, dimensions = [{ type: 'http_status' }] } = each
      const named = Object.entries(config).map(([key, value]) => [
        key,
        typeof value === 'string' ? (files[value] ?? value) : value,
      ])
      const check = http.build({
        ...Object.fromEntries(named),
        endpoint: endpoint.replace('PORT', String(server.port)),
        dimensions: [...dimensions],
      })
      const result = await check.run(checkPlace({ secrets: { PASSWORD: 'password', TOKEN: 'mysecret' } }))
      expect(result.judgements?.length).toBe(dimensions.length)
      expect(result).toMatchObject({ verdict: each.passes ? 'pass' : 'fail' })
      if (each.reason) expect(result.reason).toBe(each.reason)
      const metrics = Object.assign({}, ...(result.judgements ?? []).map(judgement => judgement.metrics))
      expect(metrics).toMatchObject(each.metrics ?? {})
      if (each.phases) {
        const phases = Object.keys(result.metrics ?? {}).map(name => name.replace('_seconds', ''))
        expect(phases).toEqual([...each.phases, 'total'])
      }
    }, 60_000)
  }

  test.each(['example.com', 'invalid://example.com', 'http://', 'https://user:secret@example.com/'])(
    'HTTPParsingScheme: %s is refused',
    endpoint => {
      expect(() => http.build({ endpoint })).toThrow(/^endpoint: /)
    },
  )
})
