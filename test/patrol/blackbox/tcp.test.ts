import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { needs } from '../../helpers/needs.ts'
import { type TempDir, tempDir } from '../../helpers/temp-dir.ts'
import { type ShopCertificates, shopCertificates } from './shop-certificates.ts'
import { moduleLine, type SideBySide, sideBySide } from './side-by-side.ts'
import { tcpCaseServer, tcpCases } from './tcp-cases.ts'

describe.skipIf(!needs('blackbox-exporter', 'openssl'))('a tcp probe finds what blackbox_exporter finds of', () => {
  let directory: TempDir
  let certificates: ShopCertificates
  let both: SideBySide
  beforeAll(async () => {
    directory = await tempDir()
    certificates = await shopCertificates(directory.path)
    const modules = tcpCases.map(({ tcp }, index) => moduleLine('tcp', `m${index}`, tcp))
    both = await sideBySide(directory.path, `modules:\n${modules.join('')}`.replaceAll('CA', certificates.ca))
  }, 120_000)
  afterAll(async () => {
    await both[Symbol.asyncDispose]()
    await directory[Symbol.asyncDispose]()
  })

  test.each(tcpCases.map((each, index) => ({ ...each, index })))(
    '$name',
    async each => {
      const { server, target = '127.0.0.1:PORT', tls = 'good', seconds } = each
      await using listening = await tcpCaseServer(server, certificates.of[tls])
      await both.probe({ module: `m${each.index}`, target: target.replace('PORT', String(listening.port)) }, each, seconds)
      expect.assertions(each.reason ? 4 : 3)
    },
    60_000,
  )
})
