import { expect, test } from 'bun:test'
import type { X509Certificate } from 'node:crypto'
import type { JudgedChain } from '../../../src/lib/net/tls/judge-chain.ts'
import { JudgedChains } from '../../../src/lib/net/tls/judged-chains.ts'

const valid = (from: number, to: number) => ({ validFromDate: new Date(from), validToDate: new Date(to) }) as X509Certificate
const key = { sent: [Uint8Array.of(1)], refusal: null, name: 'shop.test' }

test('a chain is judged anew when one of its certificates begins or ends to be valid, and not before', () => {
  const chains = new JudgedChains()
  const judged: JudgedChain = { judged: { chain: [], problems: [] }, path: [valid(100, 900), valid(0, 500)] }
  const times: number[] = []
  for (const now of [200, 300, 500, 501, 600, 900, 901, 200, 50, 99, 100]) {
    chains.get(key, now, () => {
      times.push(now)
      return judged
    })
  }
  expect(times).toEqual([200, 501, 901, 200, 50, 100])
})

test('another chain, name or word of the runtime is another question', () => {
  const chains = new JudgedChains()
  let asked = 0
  const others = [key, { ...key, name: 'x' }, { ...key, refusal: 'CERT_HAS_EXPIRED' }, { ...key, sent: [Uint8Array.of(2)] }]
  for (const each of [...others, ...others]) {
    chains.get(each, 1, () => {
      asked++
      return { judged: { chain: [], problems: [] }, path: [] }
    })
  }
  expect(asked).toBe(4)
})
