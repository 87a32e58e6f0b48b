import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { readFile } from 'node:fs/promises'
import type { HostKeyRules } from '../../../src/lib/transport/known-hosts/host-key-verifier.ts'
import { KnownHosts } from '../../../src/lib/transport/known-hosts/known-hosts.ts'
import { systemStore } from '../../../src/lib/transport/known-hosts/system-store.ts'
import { needs } from '../../helpers/needs.ts'
import { HostKeyBench, host, offered } from './host-key-bench.ts'

const hasSshd = needs('ssh', 'sshd', 'ssh-keygen', 'root')
let bench: HostKeyBench

beforeAll(async () => {
  if (hasSshd) bench = await HostKeyBench.make()
}, 60_000)
afterAll(() => bench?.[Symbol.asyncDispose]())

describe.skipIf(!hasSshd)('a new key', () => {
  const into = (file: string) => ({ acceptInto: { file, hash: false } })
  async function fresh(known: string, rules: Partial<HostKeyRules>) {
    return bench.verifier(await bench.server(['ed25519']), known, rules)
  }

  test('is refused by default, with its fingerprint', async () => {
    const { verifier } = await fresh('', {})
    expect(await bench.judge(verifier, ['ed25519'])).toMatch(
      /^host key of web1\.example\.org refused: no key is known for it; it presents ssh-ed25519 key SHA256:[\w+/]{43}$/,
    )
  })

  test('is kept by accept-new once the host has proven that it holds it', async () => {
    const file = bench.path('new')
    const { verifier } = await fresh('', { policy: 'accept-new', ...into(file) })
    expect(await bench.judge(verifier, ['ed25519'])).toBe('accepted')
    expect(await Bun.file(file).exists()).toBe(false)
    await verifier.proven(bench.blob('ed25519'))
    expect(await readFile(file, 'utf8')).toBe(`${host} ${bench.key('ed25519')}\n`)
  })

  test('is not kept when it was known already', async () => {
    const file = bench.path('unused')
    const { verifier } = await fresh(`${host} {ed25519}\n`, { policy: 'accept-new', ...into(file) })
    expect(await bench.judge(verifier, ['ed25519'])).toBe('accepted')
    await verifier.proven(bench.blob('ed25519'))
    expect(await Bun.file(file).exists()).toBe(false)
  })

  test('of a host with another known key is refused by every policy, and the known one is named', async () => {
    for (const policy of ['strict', 'accept-new', 'ask'] as const) {
      const { verifier, file } = await fresh(`${host} {stranger}\n`, { policy, confirm: async () => true })
      expect(await bench.judge(verifier, ['ed25519'])).toEndWith(`(${file}:1)`)
    }
  })

  test('is asked about once, with its fingerprint', async () => {
    const questions: string[] = []
    for (const answer of [true, false]) {
      const { verifier } = await fresh('', { policy: 'ask', confirm: async question => questions.push(question) > 0 && answer })
      expect(await bench.judge(verifier, ['ed25519'])).toContain(answer ? 'accepted' : 'was not accepted')
    }
    expect(questions).toHaveLength(2)
    expect(questions[0]).toMatch(/^web1\.example\.org is not known\. It presents ssh-ed25519 key SHA256:/)
  })

  test('of RSA with too few bits is refused though it is known', async () => {
    const { verifier } = await fresh(`${host} {rsa}\n`, { minRsaBits: 4096 })
    expect(await bench.judge(verifier, ['rsa'])).toContain('its RSA key has 3072 bits, 4096 are required')
  })

  test('that is known, but not for its address, is refused where addresses are checked', async () => {
    const known = `${host} {ed25519}\n10.0.0.1 {stranger}\n`
    const { verifier: unchecked } = await fresh(known, {})
    expect(await bench.judge(unchecked, ['ed25519'])).toBe('accepted')
    const { verifier } = await fresh(known, { addresses: ['10.0.0.1'] })
    expect(await bench.judge(verifier, ['ed25519'])).toContain('is not the one that is known')
  })

  test('is asked for in the order of what is known, unless HostKeyAlgorithms names an order', async () => {
    const known = `${host} {rsa}\n`
    const orders: readonly (readonly [string | undefined, readonly string[]])[] = [
      [undefined, ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-ed25519', 'ecdsa-sha2-nistp256']],
      ['-ecdsa*', ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-ed25519']],
      ['^ecdsa-sha2-nistp256', ['ecdsa-sha2-nistp256', 'ssh-ed25519', 'rsa-sha2-512', 'rsa-sha2-256']],
      ['ssh-ed25519,rsa-sha2-256', ['ssh-ed25519', 'rsa-sha2-256']],
    ]
    for (const [hostKeyAlgorithms, order] of orders) {
      const { verifier } = await fresh(known, { hostKeyAlgorithms })
      expect(await verifier.algorithms(offered)).toEqual(order)
    }
  })

  test('that is none is refused by every policy', async () => {
    const { verifier } = await fresh('', { policy: 'accept-new' })
    await expect(verifier.verify(bench.blob('ed25519').subarray(0, -1))).rejects.toThrow('what it presents is no key')
  })

  test('finds no algorithm where the configuration leaves none', async () => {
    const { verifier } = await fresh('', { hostKeyAlgorithms: 'ssh-future' })
    expect(await bench.judge(verifier, ['ed25519'])).toContain('leaves no algorithm')
  })
})

test('a key revocation list is refused plainly', async () => {
  const store = { ...systemStore(), readFile: async () => 'SSHKRL\n\0…' }
  await expect(KnownHosts.load({ files: [], revoked: '/etc/ssh/revoked' }, store)).rejects.toThrow(
    '/etc/ssh/revoked: binary key revocation lists are not supported',
  )
})

test('a file of revoked keys that can not be read revokes trust, not the check', async () => {
  const store = { ...systemStore(), readFile: async () => undefined }
  await expect(KnownHosts.load({ files: [], revoked: '/etc/ssh/revoked' }, store)).rejects.toThrow(
    '/etc/ssh/revoked: the file of RevokedHostKeys does not exist',
  )
  const broken = { ...store, readFile: async () => '# keys\nnonsense\n' }
  await expect(KnownHosts.load({ files: [], revoked: '/etc/ssh/revoked' }, broken)).rejects.toThrow(
    '/etc/ssh/revoked:2: not a public key',
  )
})
