import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import tcp from '../../src/lib/probe/checks/tcp.ts'
import type { Observation } from '../../src/lib/probe/observation.ts'
import { TestAuthority } from '../helpers/certificates.ts'
import { freePort } from '../helpers/free-port.ts'
import { needs } from '../helpers/needs.ts'
import { type TempDir, tempDir } from '../helpers/temp-dir.ts'
import { actingServer } from './acting-server.ts'
import { blackboxTcpCases } from './blackbox-tcp-cases.ts'
import { checkPlace } from './check-place.ts'
import type { WebTls } from './web-server.ts'

describe.skipIf(!needs('openssl'))('a case of blackbox_exporter', () => {
  let dir: TempDir
  let tls: WebTls
  let ca: string
  beforeAll(async () => {
    dir = await tempDir()
    const authority = await TestAuthority.root(dir.path, { name: 'shop root', key: 'ec:P-256' })
    const issued = await authority.issue({ name: 'localhost', names: ['DNS:localhost'], key: 'ec:P-256' })
    tls = { cert: await Bun.file(issued.cert).text(), key: await Bun.file(issued.key).text() }
    ca = authority.cert
  }, 120_000)
  afterAll(() => dir[Symbol.asyncDispose]())

  for (const each of blackboxTcpCases) {
    test(each.name, async () => {
      await using server = each.server && (await actingServer(each.server, tls))
      const port = server?.port ?? (await freePort())
      const { endpoint = 'tcp://127.0.0.1:PORT', config = {}, dimensions = [{ type: 'reachability' }] } = each
      const check = tcp.build({
        ...config,
        ...(config['ca'] && { ca }),
        endpoint: endpoint.replace('PORT', String(port)),
        dimensions: [...dimensions],
      })
      let observation: Observation | undefined
      const place = { ...checkPlace(), observed: (seen: object) => (observation = seen as Observation) }
      const result = await check.run(place)
      expect(result.judgements?.length).toBe(dimensions.length)
      expect(result).toMatchObject({ verdict: each.passes ? 'pass' : 'fail' })
      if (each.reason) expect(result.reason).toBe(each.reason)
      if (each.phases) {
        const phases = Object.keys(result.metrics ?? {}).map(name => name.replace('_seconds', ''))
        expect(phases.sort()).toEqual([...each.phases, 'total'].sort())
      }
      if (each.seen) expect(observation?.seen).toEqual(each.seen)
      if (each.address) expect(observation?.address).toBe(each.address)
    }, 60_000)
  }
})
