import { afterAll, beforeAll, expect, test } from 'bun:test'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Item } from '../../src/lib/core/item.ts'
import { opsctl } from '../helpers/opsctl.ts'
import { type TempDir, tempDir } from '../helpers/temp-dir.ts'

const patient = { deadlineMs: 60_000 }

let shop: Server
let directory: TempDir
let asked = 0
beforeAll(async () => {
  directory = await tempDir()
  shop = createServer(({ url = '' }, response) => {
    asked++
    response.writeHead(/ill/.test(url) ? 503 : 200).end('well')
  })
  await new Promise<void>(resolve => shop.listen(0, '127.0.0.1', resolve))
  const { port } = shop.address() as AddressInfo
  await writeFile(join(directory.path, 'checks.yaml'), checksOf(`http://127.0.0.1:${port}`))
})
afterAll(async () => {
  shop.closeAllConnections()
  shop.close()
  await directory[Symbol.asyncDispose]()
})

/** Services behind gateways, some of which are ill, so that what depends on them is not judged; and this machine. */
function checksOf(url: string): string {
  const gateways = ['eu', 'us', 'ill'].map(name => `  - { name: gateway-${name}, endpoint: "${url}/gateway/${name}" }`)
  const services = Array.from({ length: 24 }, (_, at) => {
    const gateway = ['eu', 'us', 'ill'][at % 3]
    const state = at % 8 === 0 ? 'ill' : 'well'
    return `  - { name: service-${at}, endpoint: "${url}/service/${at}/${state}", depends_on: gateway-${gateway} }`
  })
  const orders = Array.from(
    { length: 4 },
    (_, at) => `  - { name: orders-${at}, endpoint: "${url}/orders/${at}", depends_on: service-${at} }`,
  )
  const machine = '  - { type: disk, path: /, warn: 100%, fail: 100%, name: disk, depends_on: gateway-eu }'
  return `defaults: { retries: 0 }\nchecks:\n${[...gateways, ...services, ...orders, machine].join('\n')}\n`
}

interface Told {
  readonly exitCode: number
  readonly title: string
  readonly counts: object
  readonly items: readonly Item[]
}

const probe = async (...args: readonly string[]): Promise<Told> => {
  const file = join(directory.path, `${args.join('').replace(/\W/g, '') || 'whole'}.json`)
  const { code } = await opsctl(['probe', '-f', 'checks.yaml', ...args, '-o', `json=${file}`], {
    ...patient,
    cwd: directory.path,
  })
  const told: Told = JSON.parse(await readFile(file, 'utf8'))
  expect(told.exitCode).toBe(code ?? -1)
  return told
}

/** But for what was measured. */
const bare = (items: readonly Item[]) =>
  items
    .map(({ startedAt: _s, durationMs: _d, metrics: _m, output: _o, data: _t, ...item }) => ({
      ...item,
      message: item.message?.replace(/[\d.]+ ?(ms|%|[KMGT]iB)/g, '…'),
    }))
    .sort((a, b) => a.path.localeCompare(b.path))

test.each([3, 12])(
  'the reports of %d shares, joined, are that of one run: items, counts and exit code',
  async count => {
    const whole = await probe()
    expect(whole).toMatchObject({ exitCode: 1, title: '32 checks' })
    expect(whole.items.filter(({ reason }) => reason === 'dependency').length).toBeGreaterThan(8)
    const shares: Told[] = []
    for (let index = 1; index <= count; index++) shares.push(await probe('--shard', `${index}/${count}`))
    expect(shares.map(({ title }) => title).every((title, at) => title.endsWith(` (shard ${at + 1}/${count})`))).toBe(true)
    const files = shares.map((_, at) => `shard${at + 1}${count}.json`)
    const { code, stdout } = await opsctl(['report', 'merge', ...files, '-o', 'json'], { ...patient, cwd: directory.path })
    const merged: Told = JSON.parse(stdout)
    expect({ code, counts: merged.counts, items: bare(merged.items) }).toEqual({
      code: whole.exitCode,
      counts: whole.counts,
      items: bare(whole.items),
    })
  },
  240_000,
)

test('a share looks at what its checks depend on, and at nothing else', async () => {
  const { items } = await probe('--shard', '1/40', '--check', 'service-*')
  const before = asked
  const again = await probe('--shard', '1/40', '--check', 'service-*')
  expect(bare(again.items)).toEqual(bare(items))
  expect(asked - before).toBeLessThanOrEqual(2 * new Set(items.map(({ labels }) => labels?.['check'])).size)
}, 60_000)

test('a share that is not there makes no success of the others', async () => {
  const here = { ...patient, cwd: directory.path }
  await opsctl(['probe', '-f', 'checks.yaml', '--check', 'gateway-eu', '--shard', '1/2', '-o', 'json=one.json'], here)
  await opsctl(['probe', '-f', 'checks.yaml', '--check', 'gateway-eu', '--shard', '2/2', '-o', 'json=two.json'], here)
  expect(await opsctl(['report', 'merge', 'one.json', 'two.json'], here)).toMatchObject({ code: 0 })
  const half = await opsctl(['report', 'merge', 'two.json'], here)
  expect(half).toMatchObject({ code: 3, stdout: expect.stringContaining('shard 1/2') })
}, 60_000)
