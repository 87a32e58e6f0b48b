import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { expositionText } from '../../../src/lib/net/exposition/exposition-text.ts'
import { needs } from '../../helpers/needs.ts'
import { type TempDir, tempDir } from '../../helpers/temp-dir.ts'
import { type ManyTargets, manyTargets } from './many-targets.ts'
import { ownProbes } from './own-prober.ts'
import { shopCertificates } from './shop-certificates.ts'

const promtool = async (text: string) => {
  const program = Bun.spawn(['promtool', 'check', 'metrics'], { stdin: Buffer.from(text), stdout: 'pipe', stderr: 'pipe' })
  const [out, err] = await Promise.all([new Response(program.stdout).text(), new Response(program.stderr).text()])
  return { code: await program.exited, said: out + err }
}

describe.skipIf(!needs('promtool', 'openssl'))('promtool', () => {
  let directory: TempDir
  let many: ManyTargets
  beforeAll(async () => {
    directory = await tempDir()
    many = await manyTargets(await shopCertificates(directory.path))
  }, 120_000)
  afterAll(async () => {
    await many[Symbol.asyncDispose]()
    await directory[Symbol.asyncDispose]()
  })

  const wanted = [
    'http: a page',
    'http: TLS',
    'http: a certificate that has ended',
    'tcp: TLS after a word',
    'grpc: TLS',
    'dns: the serial number of a zone',
  ]
  test.each(wanted)(
    'has nothing to say of the answer to %s',
    async name => {
      const probes = ownProbes(many.config)
      const query = new URLSearchParams(many.targets.find(each => each.name === name)?.query)
      const { body } = await probes.answer({ query, headers: {}, signal: new AbortController().signal })
      expect(body).toContain('probe_success ')
      expect(await promtool(body)).toEqual({ code: 0, said: '' })
    },
    60_000,
  )

  test('has nothing to say of what is told of the modules', async () => {
    expect(await promtool(expositionText(ownProbes(many.config).families(), 'text'))).toEqual({ code: 0, said: '' })
  }, 60_000)
})
