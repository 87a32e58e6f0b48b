import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { TestAuthority } from '../../helpers/certificates.ts'
import { needs } from '../../helpers/needs.ts'
import { type TempDir, tempDir } from '../../helpers/temp-dir.ts'
import { type WebTls, webServer } from '../../probe/web-server.ts'
import { blackboxExporter, type Prober } from './blackbox-exporter.ts'
import { type HttpCase, httpCases } from './http-cases.ts'
import { differences, samplesOf } from './metrics-text.ts'
import { ownProber } from './own-prober.ts'

const moduleOf = (index: number, { http = '{}' }: HttpCase): string => {
  const settings = http.startsWith('{') ? http : `{ ${http} }`
  return `  m${index}: { prober: http, timeout: 5s, http: ${settings} }\n`
}

describe.skipIf(!needs('blackbox-exporter', 'openssl'))('an http probe finds what blackbox_exporter finds of', () => {
  let directory: TempDir
  let certificates: Readonly<Record<NonNullable<HttpCase['tls']>, WebTls>>
  let theirs: Prober & AsyncDisposable
  let ours: Prober & AsyncDisposable
  beforeAll(async () => {
    directory = await tempDir()
    const authority = await TestAuthority.root(directory.path, { name: 'shop root', key: 'ec:P-256' })
    const stranger = await TestAuthority.root(directory.path, { name: 'other root', key: 'ec:P-256' })
    const own = { name: 'localhost', names: ['DNS:localhost', 'IP:127.0.0.1'], key: 'ec:P-256' }
    const read = async ({ cert, key }: { cert: string; key: string }) => ({
      cert: await Bun.file(cert).text(),
      key: await Bun.file(key).text(),
    })
    certificates = {
      good: await read(await authority.issue(own)),
      expired: await read(await authority.issue({ ...own, name: 'old', from: -20, until: -2 })),
      stranger: await read(await stranger.issue(own)),
      'self-signed': await read(await TestAuthority.root(directory.path, { ...own, name: 'alone' })),
      'other-name': await read(await authority.issue({ ...own, name: 'shop', names: ['DNS:shop.test'] })),
    }
    const config = `modules:\n${httpCases.map((each, index) => moduleOf(index, each)).join('')}`.replaceAll('CA', authority.cert)
    theirs = await blackboxExporter(directory.path, config)
    ours = await ownProber(config)
  }, 120_000)
  afterAll(async () => {
    await ours[Symbol.asyncDispose]()
    await theirs[Symbol.asyncDispose]()
    await directory[Symbol.asyncDispose]()
  })

  test.each(httpCases.map((each, index) => ({ ...each, index })))(
    '$name',
    async each => {
      await using server = await webServer(each.site, each.tls && certificates[each.tls])
      const target = (each.target ?? 'http://127.0.0.1:PORT/').replace('PORT', String(server.port))
      const query = { module: `m${each.index}`, target, ...(each.hostname && { hostname: each.hostname }) }
      const [own, their] = [await ours.probe(query), await theirs.probe(query)]
      expect(own.status).toBe(their.status)
      expect(differences(own.body, their.body)).toEqual([])
      expect(samplesOf(own.body).get('probe_success')).toBe(each.passes ? 1 : 0)
      if (each.reason) expect(own.body).toContain(`probe_failure_info{reason="${each.reason}"} 1`)
    },
    60_000,
  )
})
