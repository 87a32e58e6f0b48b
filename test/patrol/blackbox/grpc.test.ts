import { afterAll, beforeAll, describe, test } from 'bun:test'
import { needs } from '../../helpers/needs.ts'
import { type TempDir, tempDir } from '../../helpers/temp-dir.ts'
import { type GrpcCall, type GrpcReply, type GrpcServer, grpcServer, healthReplies } from '../../probe/grpc-server.ts'
import { type CertificateKind, type ShopCertificates, shopCertificates } from './shop-certificates.ts'
import { moduleLine, type SideBySide, sideBySide } from './side-by-side.ts'

interface GrpcCase {
  readonly name: string
  /** Absent: nobody listens. */
  readonly replies?: (call: GrpcCall) => GrpcReply
  readonly tls?: CertificateKind
  readonly grpc?: string
  readonly passes: boolean
  readonly reason?: string
}

const health = healthReplies({ '': 1, shop: 1, stock: 2, strange: 9 })
const secure = 'tls: true, tls_config: { ca_file: CA }'

const cases: readonly GrpcCase[] = [
  { name: 'a server', replies: health, passes: true },
  { name: 'a service', replies: health, grpc: 'service: shop', passes: true },
  { name: 'a service that does not serve', replies: health, grpc: 'service: stock', passes: false, reason: 'not-serving' },
  {
    name: 'a service that says what nobody knows',
    replies: health,
    grpc: 'service: strange',
    passes: false,
    reason: 'not-serving',
  },
  { name: 'a service that there is not', replies: health, grpc: 'service: nothing', passes: false, reason: 'missing' },
  {
    name: 'a server without the health service',
    replies: () => ({ trailers: { 'grpc-status': '12' } }),
    passes: false,
    reason: 'missing',
  },
  { name: 'a service that refuses', replies: () => ({ trailers: { 'grpc-status': '7' } }), passes: false, reason: 'status' },
  { name: 'TLS', replies: health, tls: 'good', grpc: secure, passes: true },
  { name: 'a certificate that has ended', replies: health, tls: 'expired', grpc: secure, passes: false, reason: 'tls-expired' },
  {
    name: 'a certificate that is not looked at',
    replies: health,
    tls: 'expired',
    grpc: 'tls: true, tls_config: { insecure_skip_verify: true }',
    passes: true,
  },
  { name: 'no TLS where it is asked for', replies: health, grpc: secure, passes: false, reason: 'tls' },
  { name: 'a port where nobody is', passes: false, reason: 'refused' },
]

describe.skipIf(!needs('blackbox-exporter', 'openssl'))('a grpc probe finds what blackbox_exporter finds of', () => {
  let directory: TempDir
  let certificates: ShopCertificates
  let both: SideBySide
  beforeAll(async () => {
    directory = await tempDir()
    certificates = await shopCertificates(directory.path)
    const modules = cases.map(({ grpc }, index) => moduleLine('grpc', `m${index}`, grpc))
    both = await sideBySide(directory.path, `modules:\n${modules.join('')}`.replaceAll('CA', certificates.ca))
  }, 120_000)
  afterAll(async () => {
    await both[Symbol.asyncDispose]()
    await directory[Symbol.asyncDispose]()
  })

  test.each(cases.map((each, index) => ({ ...each, index })))(
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
