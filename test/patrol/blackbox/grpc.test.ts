import { afterAll, beforeAll, describe, test } from 'bun:test'
import { needs } from '../../helpers/needs.ts'
import { type TempDir, tempDir } from '../../helpers/temp-dir.ts'
import { type GrpcServer, grpcServer } from '../../probe/grpc-server.ts'
import { grpcCases } from './grpc-cases.ts'
import { type ShopCertificates, shopCertificates } from './shop-certificates.ts'
import { moduleLine, type SideBySide, sideBySide } from './side-by-side.ts'

describe.skipIf(!needs('blackbox-exporter', 'openssl'))('a grpc probe finds what blackbox_exporter finds of', () => {
  let directory: TempDir
  let certificates: ShopCertificates
  let both: SideBySide
  beforeAll(async () => {
    directory = await tempDir()
    certificates = await shopCertificates(directory.path)
    const modules = grpcCases.map(({ grpc }, index) => moduleLine('grpc', `m${index}`, grpc))
    both = await sideBySide(directory.path, `modules:\n${modules.join('')}`.replaceAll('CA', certificates.ca))
  }, 120_000)
  afterAll(async () => {
    await both[Symbol.asyncDispose]()
    await directory[Symbol.asyncDispose]()
  })

  test.each(grpcCases.map((each, index) => ({ ...each, index })))(
    '$name',
    async each => {
      await using server: Partial<GrpcServer> & AsyncDisposable = each.replies
        ? await grpcServer(each.replies, each.tls && certificates.of[each.tls])
        : { async [Symbol.asyncDispose]() {} }
      await both.probe({ module: `m${each.index}`, target: `127.0.0.1:${server.port ?? 1}` }, each)
    },
    60_000,
  )
})
