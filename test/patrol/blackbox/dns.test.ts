import { afterAll, beforeAll, describe, test } from 'bun:test'
import { type DnsServer, dnsServer } from '../../helpers/dns-server.ts'
import { needs } from '../../helpers/needs.ts'
import { type TempDir, tempDir } from '../../helpers/temp-dir.ts'
import { dnsCases, dnsZones } from './dns-cases.ts'
import { type ShopCertificates, shopCertificates } from './shop-certificates.ts'
import { moduleLine, type SideBySide, sideBySide } from './side-by-side.ts'

describe.skipIf(!needs('blackbox-exporter', 'openssl'))('a dns probe finds what blackbox_exporter finds of', () => {
  let directory: TempDir
  let certificates: ShopCertificates
  let both: SideBySide
  beforeAll(async () => {
    directory = await tempDir()
    certificates = await shopCertificates(directory.path)
    const modules = dnsCases.map(({ dns }, index) => moduleLine('dns', `m${index}`, dns))
    both = await sideBySide(directory.path, `modules:\n${modules.join('')}`.replaceAll('CA', certificates.ca))
  }, 120_000)
  afterAll(async () => {
    await both[Symbol.asyncDispose]()
    await directory[Symbol.asyncDispose]()
  })

  test.each(dnsCases.map((each, index) => ({ ...each, index })))(
    '$name',
    async each => {
      const { cert, key } = certificates.of.good
      await using server: Partial<DnsServer> & AsyncDisposable = each.zone
        ? await dnsServer(dnsZones[each.zone], { tls: { cert, key } })
        : { async [Symbol.asyncDispose]() {} }
      const port = each.over ? server.tlsPort : (server.port ?? 1)
      await both.probe({ module: `m${each.index}`, target: `127.0.0.1:${port}` }, each, each.seconds)
    },
    60_000,
  )
})
