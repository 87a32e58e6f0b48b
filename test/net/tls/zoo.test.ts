import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '../../../src/lib/io/system-clock.ts'
import { type StartTls, startTls } from '../../../src/lib/net/tls/start-tls.ts'
import type { TlsSeen } from '../../../src/lib/net/tls-seen.ts'
import { chainOf, type Issue, type Issued, openssl, TestAuthority } from '../../helpers/certificates.ts'
import { needs } from '../../helpers/needs.ts'
import { type TempDir, tempDir } from '../../helpers/temp-dir.ts'
import { type Listening, opensslServer, tcpTo } from '../../helpers/tls-server.ts'

// Bad certificates of every kind, each served by the openssl program, and each told by its own reason.

const long = 180_000
const { signal } = new AbortController()
const day = 86_400

describe.skipIf(!needs('openssl'))('a zoo of certificates', () => {
  let directory: TempDir
  let root: TestAuthority
  let authority: TestAuthority
  let stranger: TestAuthority
  let ca: string
  beforeAll(async () => {
    directory = await tempDir()
    root = await TestAuthority.root(directory.path, { name: 'Zoo Root' })
    authority = await root.below({ name: 'Zoo Issuer', key: 'ec:P-256' })
    stranger = await TestAuthority.root(directory.path, { name: 'Foreign Root', key: 'ec:P-256' })
    ca = await readFile(root.cert, 'utf8')
  }, long)
  afterAll(() => directory[Symbol.asyncDispose]())

  const issue = (more: Partial<Issue> = {}): Promise<Issued> =>
    authority.issue({ name: 'zoo.test', key: 'ec:P-256', names: ['DNS:zoo.test'], ...more })

  const serve = (leaf: Issued, above: readonly Issued[] = [authority], ...args: string[]): Promise<Listening> =>
    opensslServer(['-cert', leaf.cert, '-key', leaf.key, '-cipher', 'ALL:@SECLEVEL=0', ...args, ...chainFile(above)])
  const chainFile = (above: readonly Issued[]): string[] => {
    if (above.length === 0) return []
    const file = join(
      directory.path,
      `chain-${above.length}-${above.map(({ cert }) => Bun.hash(cert).toString(36)).join('-')}.pem`,
    )
    openssl(['crl2pkcs7', '-nocrl', ...above.flatMap(({ cert }) => ['-certfile', cert]), '-out', `${file}.p7`])
    openssl(['pkcs7', '-print_certs', '-in', `${file}.p7`, '-out', file])
    return ['-cert_chain', file]
  }

  const look = async (server: Listening, more: Partial<StartTls> = {}): Promise<TlsSeen> => {
    const { stream, seen } = await startTls(await tcpTo(server.port), {
      serverName: 'zoo.test',
      ca,
      signal,
      clock: systemClock,
      ...more,
    })
    stream.destroy()
    return seen
  }
  const reasons = ({ problems }: TlsSeen): string[] => problems.map(({ reason }) => reason)

  /** Days until the end of the server's own certificate, which must be told whatever is wrong with it. */
  const daysLeft = ({ chain: [leaf] }: TlsSeen): number => Math.round(((leaf?.notAfter ?? 0) - Date.now() / 1000) / day)

  interface Animal {
    readonly leaf?: Partial<Issue>
    readonly above?: () => readonly Issued[]
    readonly reasons: readonly string[]
    readonly says?: RegExp
    readonly days?: number
    readonly asks?: Partial<StartTls>
    readonly makes?: () => Promise<Issued>
  }
  const animals: Readonly<Record<string, Animal>> = {
    'a good EC certificate': { reasons: [] },
    'a good RSA certificate': { leaf: { name: 'rsa.zoo.test', key: 'rsa:2048' }, reasons: [] },
    'of an authority that nobody knows, which is not sent': {
      makes: () => stranger.issue({ name: 'zoo.test', key: 'ec:P-384', names: ['DNS:zoo.test'] }),
      above: () => [],
      reasons: ['tls-incomplete-chain'],
    },
    'a wildcard': {
      leaf: { name: 'wild', names: ['DNS:*.test'] },
      asks: { serverName: 'zoo.example.test' },
      reasons: ['tls-name'],
    },
    'a wildcard that fits': {
      leaf: { name: 'wild2', names: ['DNS:*.zoo.test'] },
      asks: { serverName: 'a.zoo.test' },
      reasons: [],
    },
    'a star within a label': {
      leaf: { name: 'star', names: ['DNS:z*.zoo.test'] },
      asks: { serverName: 'za.zoo.test' },
      reasons: ['tls-name'],
    },
    'an address': { leaf: { name: 'ip', names: ['IP:127.0.0.1', 'IP:::1'] }, asks: { serverName: '::1' }, reasons: [] },
    'an address written as a name': {
      leaf: { name: 'ipname', names: ['DNS:127.0.0.1'] },
      asks: { serverName: '127.0.0.1' },
      reasons: ['tls-name'],
    },
    expired: {
      leaf: { name: 'expired', from: -30, until: -3 },
      reasons: ['tls-expired'],
      says: /CN=expired expired at \d{4}-/,
      days: -3,
    },
    'not valid yet': { leaf: { name: 'early', from: 5 }, reasons: ['tls-not-yet-valid'], says: /not valid before/ },
    'for another host': {
      leaf: { name: 'other', names: ['DNS:other.test', 'DNS:www.other.test'] },
      reasons: ['tls-name'],
      says: /^the certificate is for other.test, www.other.test, not for zoo.test$/,
    },
    'signed by itself': {
      makes: () => TestAuthority.root(directory.path, { name: 'zoo self', key: 'ec:P-256', names: ['DNS:zoo.test'], until: 90 }),
      above: () => [],
      reasons: ['tls-self-signed'],
      says: /CN=zoo self is signed by itself/,
    },
    'of an authority that nobody knows, which is sent': {
      makes: () => stranger.issue({ name: 'zoo.test', key: 'ec:P-256', names: ['DNS:zoo.test'] }),
      above: () => [stranger],
      reasons: ['tls-untrusted'],
      says: /the authority CN=Foreign Root is not trusted/,
    },
    'without the certificates between': {
      above: () => [],
      reasons: ['tls-incomplete-chain'],
      says: /no certificate of the issuer CN=Zoo Issuer/,
    },
    'of a weak key': { leaf: { name: 'weak', key: 'rsa:1024' }, reasons: ['tls-weak-key'], says: /RSA 1024, fewer than 2048/ },
    'of a weak signature': { leaf: { name: 'sha1', digest: 'sha1' }, reasons: ['tls-weak-key'], says: /ecdsa-with-SHA1/ },
    'of a broken signature': {
      makes: () => root.issue({ name: 'md5', key: 'ec:P-256', names: ['DNS:zoo.test'], digest: 'md5' }),
      above: () => [],
      reasons: ['tls-untrusted', 'tls-weak-key'],
    },
    'for clients only': {
      leaf: { name: 'client', extensions: ['extendedKeyUsage=clientAuth'] },
      reasons: ['tls-untrusted'],
      says: /invalid purpose/,
    },
    'with an unknown critical extension': {
      leaf: { name: 'critical', extensions: ['1.2.3.4.5=critical,DER:0500'] },
      reasons: ['tls-untrusted'],
      says: /the chain is not accepted/,
    },
    'expired and for another host': {
      leaf: { name: 'both', names: ['DNS:other.test'], from: -30, until: -2 },
      reasons: ['tls-expired', 'tls-name'],
      days: -2,
    },
    'expired, of an unknown authority, weak and for another host': {
      makes: () => stranger.issue({ name: 'all', key: 'rsa:1024', names: ['DNS:other.test'], from: -9, until: -1 }),
      above: () => [stranger],
      reasons: ['tls-expired', 'tls-untrusted', 'tls-name', 'tls-weak-key'],
      days: -1,
    },
  }

  test.each(Object.entries(animals))(
    '%s',
    async (_, animal) => {
      const leaf = await (animal.makes?.() ?? issue(animal.leaf))
      await using server = await serve(leaf, animal.above?.())
      const seen = await look(server, animal.asks)
      expect(reasons(seen)).toEqual([...animal.reasons])
      if (animal.says) expect(seen.problems[0]?.message).toMatch(animal.says)
      expect(daysLeft(seen)).toBe(animal.days ?? 90)
      expect(seen.chainNotAfter).toBeLessThanOrEqual(seen.chain[0]?.notAfter ?? 0)
    },
    long,
  )

  test(
    'the first certificate of the way to the authority to end is told, not only the own one',
    async () => {
      const short = await root.below({ name: 'Short Issuer', key: 'ec:P-256', until: 7 })
      const leaf = await short.issue({ name: 'short.zoo.test', key: 'ec:P-256', names: ['DNS:zoo.test'] })
      await using server = await serve(leaf, [short])
      const seen = await look(server)
      expect(seen.problems).toEqual([])
      expect(Math.round(((seen.chainNotAfter ?? 0) - Date.now() / 1000) / day)).toBe(7)
    },
    long,
  )

  test(
    'an expired issuer is told by its name, and an expired authority that is not needed is not told',
    async () => {
      const old = await root.below({ name: 'Old Issuer', key: 'ec:P-256', from: -90, until: -4 })
      const leaf = await old.issue({ name: 'old.zoo.test', key: 'ec:P-256', names: ['DNS:zoo.test'] })
      await using server = await serve(leaf, [old])
      const { problems, chainNotAfter } = await look(server)
      expect(problems.map(({ message }) => message)).toEqual([expect.stringContaining('CN=Old Issuer expired')])
      expect(Math.round(((chainNotAfter ?? 0) - Date.now() / 1000) / day)).toBe(-4)
      await using good = await serve(await issue(), [authority, old])
      expect(reasons(await look(good))).toEqual([])
    },
    long,
  )

  test(
    'what is no authority vouches for nobody',
    async () => {
      const leaf = await root.below({ name: 'Not An Authority', key: 'ec:P-256', extensions: ['basicConstraints=CA:FALSE'] })
      const forged = await leaf.issue({ name: 'forged.zoo.test', key: 'ec:P-256', names: ['DNS:zoo.test'] })
      await using server = await serve(forged, [leaf])
      const { problems } = await look(server)
      expect(problems).toEqual([
        { reason: 'tls-untrusted', message: 'the certificate of CN=Not An Authority signs others, but is no authority' },
      ])
    },
    long,
  )

  test(
    'a certificate that is trusted by itself is good',
    async () => {
      const own = await TestAuthority.root(directory.path, { name: 'zoo pinned', key: 'ec:P-256', names: ['DNS:zoo.test'] })
      await using server = await serve(own, [])
      expect(reasons(await look(server, { ca: await readFile(own.cert, 'utf8') }))).toEqual([])
    },
    long,
  )

  test(
    'an old protocol is shown where it is allowed',
    async () => {
      for (const [flag, version] of [
        ['-tls1', 'TLSv1'],
        ['-tls1_1', 'TLSv1.1'],
        ['-tls1_2', 'TLSv1.2'],
      ] as const) {
        await using server = await serve(await issue(), [authority], flag)
        expect(await look(server, { minVersion: 'TLSv1' })).toMatchObject({ protocol: version, problems: [] })
      }
    },
    long,
  )

  describe('with revocation lists', () => {
    let list: string
    let revoked: Issued
    beforeAll(async () => {
      revoked = await issue({ name: 'revoked' })
      await authority.revoke(revoked)
      list = await authority.crl()
    }, long)

    test(
      'a revoked certificate is told, and another of the same issuer is good',
      async () => {
        await using bad = await serve(revoked)
        const seen = await look(bad, { crl: [list] })
        expect(reasons(seen)).toEqual(['tls-revoked'])
        expect(seen.problems[0]?.message).toMatch(/^the certificate of CN=revoked was revoked at \d{4}-/)
        expect(daysLeft(seen)).toBe(90)
        await using good = await serve(await issue())
        expect(reasons(await look(good, { crl: [list] }))).toEqual([])
      },
      long,
    )

    test(
      'a list as DER is the same',
      async () => {
        const file = join(directory.path, 'list.pem')
        await writeFile(file, list)
        await using server = await serve(revoked)
        expect(reasons(await look(server, { crl: [openssl(['crl', '-in', file, '-outform', 'DER'])] }))).toEqual(['tls-revoked'])
      },
      long,
    )

    test(
      'a revoked issuer is told by the list of the authority above',
      async () => {
        const gone = await root.below({ name: 'Revoked Issuer', key: 'ec:P-256' })
        const leaf = await gone.issue({ name: 'below.zoo.test', key: 'ec:P-256', names: ['DNS:zoo.test'] })
        await root.revoke(gone)
        await using server = await serve(leaf, [gone])
        const seen = await look(server, { crl: [await gone.crl(), await root.crl()] })
        expect(seen.problems.map(({ message }) => message)).toEqual([expect.stringContaining('CN=Revoked Issuer was revoked')])
      },
      long,
    )

    test(
      'a list that is missing, out of date or forged does not make a certificate good',
      async () => {
        await using server = await serve(await issue())
        const impostor = await TestAuthority.root(directory.path, { name: 'Zoo Issuer', key: 'ec:P-256' })
        const cases = [
          [await root.crl(), /there is no revocation list of CN=Zoo Issuer/],
          [await impostor.crl(), /the revocation list of CN=Zoo Issuer is not signed by it/],
          [await authority.crl({ seconds: 1 }), /is out of date \(\d{4}-/],
        ] as const
        const clock = { ...systemClock, now: () => Date.now() + 60_000 }
        for (const [crl, says] of cases) {
          const { problems } = await look(server, { crl: [crl], clock })
          expect(problems).toEqual([{ reason: 'unreadable', message: expect.stringMatching(says) }])
        }
        const outOfDate = await authority.crl({ seconds: 1 })
        await using bad = await serve(revoked)
        expect(reasons(await look(bad, { crl: [outOfDate], clock }))).toEqual(['tls-revoked'])
      },
      long,
    )

    test('what is no list is refused before anything is sent', async () => {
      await using server = await serve(await issue())
      await expect(look(server, { crl: ['-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----'] })).rejects.toThrow(
        'not a certificate revocation list',
      )
      await expect(look(server, { crl: [await chainOf(authority)] })).rejects.toThrow('there is no X509 CRL in it')
    }, 30_000)
  })
})
