import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import grpc from '../../src/lib/probe/checks/grpc.ts'
import type { Observation } from '../../src/lib/probe/observation.ts'
import { TestAuthority } from '../helpers/certificates.ts'
import { freePort } from '../helpers/free-port.ts'
import { needs } from '../helpers/needs.ts'
import { type TempDir, tempDir } from '../helpers/temp-dir.ts'
import { blackboxGrpcCases } from './blackbox-grpc-cases.ts'
import { checkPlace } from './check-place.ts'
import { grpcServer, healthReplies } from './grpc-server.ts'
import type { WebTls } from './web-server.ts'

const withoutHealth = () => ({ trailers: { 'grpc-status': '12', 'grpc-message': 'unknown service' } })

describe.skipIf(!needs('openssl'))('a case of blackbox_exporter', () => {
  let dir: TempDir
  let tls: WebTls
  beforeAll(async () => {
    dir = await tempDir()
    const authority = await TestAuthority.root(dir.path, { name: 'shop root', key: 'ec:P-256' })
    const issued = await authority.issue({ name: 'localhost', names: ['DNS:localhost'], key: 'ec:P-256' })
    tls = { cert: await Bun.file(issued.cert).text(), key: await Bun.file(issued.key).text() }
  }, 120_000)
  afterAll(() => dir[Symbol.asyncDispose]())

  for (const each of blackboxGrpcCases) {
    test(each.name, async () => {
      const { services, endpoint, config = {}, passes, reason, code, health, metadata } = each
      const reply = typeof services === 'object' ? healthReplies(services) : withoutHealth
      await using server = services === 'none' ? undefined : await grpcServer(reply, each.tls ? tls : undefined)
      const port = server?.port ?? (await freePort())
      let observation: Observation | undefined
      const place = {
        ...checkPlace({ secrets: { TOKEN: 'mysecret' } }),
        observed: (seen: object) => (observation = seen as Observation),
      }
      const result = await grpc.build({ ...config, endpoint: endpoint.replace('PORT', String(port)) }).run(place)
      const verdict = result.judgements?.find(({ dimension }) => dimension === 'grpc_status')
      expect(verdict).toMatchObject({ verdict: passes ? 'pass' : 'fail', ...(reason && { reason }) })
      expect(observation?.seen?.['grpc_code']).toBe(code)
      expect(observation?.seen?.['health']).toBe(health)
      expect(server?.calls[0]?.headers ?? {}).toMatchObject(metadata ?? {})
    }, 60_000)
  }
})
