import { afterAll, beforeAll, describe, test } from 'bun:test'
import { needs } from '../../helpers/needs.ts'
import { type TempDir, tempDir } from '../../helpers/temp-dir.ts'
import { httpCaseServer, httpCases } from './http-cases.ts'
import { type ShopCertificates, shopCertificates } from './shop-certificates.ts'
import { moduleLine, type SideBySide, sideBySide } from './side-by-side.ts'

describe.skipIf(!needs('blackbox-exporter', 'openssl'))('an http probe finds what blackbox_exporter finds of', () => {
  let directory: TempDir
  let certificates: ShopCertificates
  let both: SideBySide
  beforeAll(async () => {
    directory = await tempDir()
    certificates = await shopCertificates(directory.path)
    const modules = httpCases.map(({ http }, index) => moduleLine('http', `m${index}`, http))
    both = await sideBySide(directory.path, `modules:\n${modules.join('')}`.replaceAll('CA', certificates.ca))
  }, 120_000)
  afterAll(async () => {
    await both[Symbol.asyncDispose]()
    await directory[Symbol.asyncDispose]()
  })

  test.each(httpCases.map((each, index) => ({ ...each, index })))(
    '$name',
    async each => {
      await using server = await httpCaseServer(each, certificates)
      const target = (each.target ?? 'http://127.0.0.1:PORT/').replace('PORT', String(server.port))
      await both.probe(
        { module: `m${each.index}`, target, ...(each.hostname && { hostname: each.hostname }) },
        each,
        each.seconds,
      )
    },
    60_000,
  )
})
