import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { TransportError } from '../../../src/lib/core/transport.ts'
import { fetchHostCertificate } from '../../../src/lib/transport/known-hosts/certificate-scan.ts'
import type { WireEvents } from '../../../src/lib/transport/wire.ts'
import { needs } from '../../helpers/needs.ts'
import { type CertificateOptions, HostKeyBench, host } from './host-key-bench.ts'

const hasSshd = needs('ssh', 'sshd', 'ssh-keygen', 'root')
let bench: HostKeyBench

beforeAll(async () => {
  if (hasSshd) bench = await HostKeyBench.make()
}, 60_000)
afterAll(() => bench?.[Symbol.asyncDispose]())

describe.skipIf(!hasSshd)('a host certificate', () => {
  const forHost = ['-h', '-n', host]
  const cases: Readonly<
    Record<
      string,
      {
        known: string
        certificate?: CertificateOptions
        accepted: boolean
        why?: string
        key?: string
        signatures?: string
      }
    >
  > = {
    'of a trusted authority is accepted': { known: '@cert-authority *.example.org {ca}', accepted: true },
    'for several names, this one among them': {
      known: '@cert-authority *.example.org {ca}',
      certificate: { options: ['-h', '-n', `a,${host},b`] },
      accepted: true,
    },
    'for no name in particular': {
      known: '@cert-authority *.example.org {ca}',
      certificate: { options: ['-h'] },
      accepted: true,
    },
    'signed by an RSA authority': { known: '@cert-authority * {ca-rsa}', certificate: { ca: 'ca-rsa' }, accepted: true },
    'signed by an ECDSA authority': { known: '@cert-authority * {ca-ecdsa}', certificate: { ca: 'ca-ecdsa' }, accepted: true },
    'of an ECDSA key': { known: '@cert-authority * {ca}', certificate: { key: 'ecdsa' }, key: 'ecdsa', accepted: true },
    'of an RSA key': { known: '@cert-authority * {ca}', certificate: { key: 'rsa' }, key: 'rsa', accepted: true },
    'beside another known key': { known: '@cert-authority * {ca}\nweb1.example.org {stranger}', accepted: true },
    'where the key itself is known': { known: '@cert-authority * {stranger}\nweb1.example.org {ed25519}', accepted: true },
    'of an authority for other hosts': {
      known: '@cert-authority *.example.com {ca}',
      accepted: false,
      why: 'no key is known for it',
    },
    'of a stranger': {
      known: '@cert-authority * {ca}',
      certificate: { ca: 'stranger' },
      accepted: false,
      why: 'no authority that is trusted for this host signed it',
    },
    'for another name': {
      known: '@cert-authority * {ca}',
      certificate: { options: ['-h', '-n', 'web2.example.org'] },
      accepted: false,
      why: 'it is for web2.example.org and not for web1.example.org',
    },
    'for a pattern that fits': {
      known: '@cert-authority * {ca}',
      certificate: { options: ['-h', '-n', '*.example.org'] },
      accepted: false,
      why: 'and not for',
    },
    'that has expired': {
      known: '@cert-authority * {ca}',
      certificate: { options: [...forHost, '-V', '20200101:20200201'] },
      accepted: false,
      why: 'it was valid until 2020-02-01',
    },
    'that is not valid yet': {
      known: '@cert-authority * {ca}',
      certificate: { options: [...forHost, '-V', '20990101:20990201'] },
      accepted: false,
      why: 'it is not valid before 2099-01-01',
    },
    'for users': {
      known: '@cert-authority * {ca}',
      certificate: { options: ['-n', host] },
      accepted: false,
      why: 'it is not a host certificate',
    },
    'of a revoked authority': {
      known: '@cert-authority * {ca}\n@revoked * {ca}',
      accepted: false,
      why: 'its key or its authority is revoked',
    },
    'of a revoked key': { known: '@cert-authority * {ca}\n@revoked * {ed25519}', accepted: false, why: 'revoked' },
    'signed in a way that is not allowed': {
      known: '@cert-authority * {ca}',
      signatures: 'rsa-sha2-512',
      accepted: false,
      why: 'it is signed with ssh-ed25519, which is not allowed',
    },
  }
  for (const [name, { known, certificate = {}, accepted, why, key = 'ed25519', signatures }] of Object.entries(cases)) {
    test(name, async () => {
      const sshd = await bench.server([key], certificate)
      const rules = signatures === undefined ? {} : { caSignatureAlgorithms: signatures }
      const { verifier, file } = await bench.verifier(sshd, known, rules)
      const options = [
        `UserKnownHostsFile=${file}`,
        'GlobalKnownHostsFile=none',
        ...(signatures === undefined ? [] : [`CASignatureAlgorithms=${signatures}`]),
      ]
      const real = await sshd.ask(host, options)
      expect({ accepted: real.status === 'known', stderr: accepted ? '' : real.stderr }).toEqual({
        accepted,
        stderr: accepted ? '' : expect.any(String),
      })
      const verdict = await bench.judge(verifier, [key])
      if (accepted) expect(verdict).toBe('accepted')
      else expect(verdict).toContain(why ?? '')
    })
  }

  test('of one key among several makes that key the one that is asked for', async () => {
    const sshd = await bench.server(['ed25519', 'ecdsa', 'rsa'], { key: 'rsa' })
    const { verifier } = await bench.verifier(sshd, '@cert-authority * {ca}')
    expect(await bench.algorithms(verifier)).toEqual(['rsa-sha2-512', 'rsa-sha2-256'])
    expect(await bench.judge(verifier, ['ed25519', 'ecdsa', 'rsa'])).toBe('accepted')
  })

  test('that is not there is said so', async () => {
    const { verifier } = await bench.verifier(await bench.server(['ed25519']), '@cert-authority * {ca}')
    expect(await bench.judge(verifier, ['ed25519'])).toContain('no certificate vouches for it: the host has no certificate')
  })

  test('is asked for once, however often the connection is tried', async () => {
    const sshd = await bench.server(['ed25519'], {})
    const blob = await fetchHostCertificate({
      wire: sshd.wire(),
      algorithms: ['ssh-ed25519'],
      signal: AbortSignal.timeout(10_000),
    })
    let asked = 0
    const fetchCertificate = async (): Promise<Buffer> => {
      asked++
      return blob
    }
    const { verifier } = await bench.verifier(sshd, '@cert-authority * {ca}', { fetchCertificate })
    for (let attempt = 0; attempt < 3; attempt++) expect(await bench.judge(verifier, ['ed25519'])).toBe('accepted')
    expect(asked).toBe(1)
  })

  test('can not be had where the host can not be reached, which ends the attempt as such', async () => {
    const unreachable = new TransportError('unreachable', 'connection refused', { stage: 'connect' })
    const { verifier } = await bench.verifier(await bench.server(['ed25519']), '@cert-authority * {ca}', {
      fetchCertificate: () => Promise.reject(unreachable),
    })
    await expect(bench.judge(verifier, ['ed25519'])).rejects.toBe(unreachable)
  })

  test('whose bytes were changed is not believed', async () => {
    const sshd = await bench.server(['ed25519'], {})
    const blob = await fetchHostCertificate({
      wire: sshd.wire(),
      algorithms: ['ssh-ed25519'],
      signal: AbortSignal.timeout(10_000),
    })
    for (let at = 0; at < blob.length; at++) {
      const forged = Buffer.from(blob)
      forged[at] = (forged[at] ?? 0) ^ 1
      const { verifier } = await bench.verifier(sshd, '@cert-authority * {ca}', { fetchCertificate: async () => forged })
      expect(await bench.judge(verifier, ['ed25519'])).toContain('refused')
    }
  })

  test('is waited for no longer than the signal lasts', async () => {
    const silent = { listen: () => undefined, write: () => undefined, end: () => undefined, destroy: () => undefined }
    const scan = fetchHostCertificate({ wire: silent, algorithms: ['ssh-ed25519'], signal: AbortSignal.timeout(20) })
    await expect(scan).rejects.toThrow('timed out')
  })

  test('is not looked for in what is no SSH', async () => {
    for (const answer of ['HTTP/1.1 400 Bad Request\r\n'.repeat(20_000), `SSH-2.0-x\r\n${'\xff'.repeat(100)}`]) {
      const wire = {
        listen: (events: WireEvents) => events.data(Buffer.from(answer, 'latin1')),
        write: () => undefined,
        end: () => undefined,
        destroy: () => undefined,
      }
      await expect(
        fetchHostCertificate({ wire, algorithms: ['ssh-ed25519'], signal: AbortSignal.timeout(1000) }),
      ).rejects.toThrow(/the server sent/)
    }
  })
})
