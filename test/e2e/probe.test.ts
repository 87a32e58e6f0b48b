import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { type Fleet, startFleet } from '../helpers/fleet.ts'
import { freePort } from '../helpers/free-port.ts'
import { needs } from '../helpers/needs.ts'
import { opsctl, startOpsctl } from '../helpers/opsctl.ts'
import { poll } from '../helpers/poll.ts'
import { type TempDir, tempDir } from '../helpers/temp-dir.ts'

const patient = { deadlineMs: 60_000 }

interface Told {
  readonly host?: string
  readonly name: string
  readonly verdict: string
  readonly reason?: string
  readonly message: string
}

let shop: Server
let url: string
let directory: TempDir
beforeAll(async () => {
  directory = await tempDir()
  shop = createServer((request, response) => {
    if (request.url === '/never') return
    const ill = request.url === '/ill'
    response
      .writeHead(ill ? 503 : 200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ state: ill ? 'degraded' : 'ok' }))
  })
  await new Promise<void>(resolve => shop.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(shop.address() as { port: number }).port}`
})
afterAll(async () => {
  shop.closeAllConnections()
  shop.close()
  await directory[Symbol.asyncDispose]()
})

const probe = async (...args: readonly string[]) => {
  const { code, stdout, stderr } = await opsctl(['probe', ...args, '-o', 'json'], patient)
  const items: readonly Told[] = stdout === '' ? [] : JSON.parse(stdout).items
  return {
    code,
    items,
    stderr,
    told: items.map(({ name, verdict, reason }) => [name.split(' ').at(-1), verdict, reason].filter(Boolean).join(' ')),
  }
}

describe('opsctl probe', () => {
  test('judges this machine, with nothing asked', async () => {
    const { code, items } = await probe()
    expect([0, 1]).toContain(code ?? -1)
    const names = items.map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['load', 'cpu', 'memory', 'disk', 'inodes', 'clock', 'listening', 'resolves']))
    expect(items.filter(({ verdict, reason }) => verdict !== 'pass' && verdict !== 'na' && reason === undefined)).toEqual([])
  }, 60_000)

  test('tells a healthy endpoint from an ill one and from none at all', async () => {
    expect(await probe(url)).toMatchObject({ code: 0, told: ['http_status pass', 'latency pass'] })
    expect(await probe(`${url}/ill`)).toMatchObject({ code: 1, told: ['http_status fail status', 'latency pass'] })
    const nobody = `tcp://127.0.0.1:${await freePort()}`
    expect(await probe(nobody)).toMatchObject({ code: 1, told: ['reachability fail refused', 'latency fail refused'] })
    expect(await probe(`${url}/never`, '--timeout', '300ms')).toMatchObject({
      code: 1,
      told: ['http_status fail timeout', 'latency fail timeout'],
    })
  }, 60_000)

  test('is a gate of continuous integration, with what was seen as evidence', async () => {
    const file = join(directory.path, 'gate.yaml')
    const assert = '[{ jsonpath: $.state, equals: ok }]'
    await writeFile(
      file,
      `checks:\n  - endpoint: ${url}/ill\n    retries: 0\n    dimensions: [{ type: business, assert: ${assert} }]\n`,
    )
    const { code, stdout } = await opsctl(['probe', '-f', file, '-o', 'junit'], patient)
    expect(code).toBe(1)
    expect(stdout).toContain('$.state: expected to be &quot;ok&quot;, is &quot;degraded&quot;')
    expect(stdout).toMatch(/<system-out>[\s\S]*HTTP\/1.1 503[\s\S]*<\/system-out>/)
  }, 60_000)

  test('waits until a service answers', async () => {
    const port = await freePort()
    const waiting = await startOpsctl(
      ['probe', 'wait', `http://127.0.0.1:${port}/`, '--every', '50ms', '--deadline', '50s', '-v'],
      patient,
    )
    await poll('it has looked in vain', 30_000, () => (waiting.stderr().includes('not well') ? true : undefined))
    const late = createServer((_, response) => void response.end('here'))
    await new Promise<void>(resolve => late.listen(port, '127.0.0.1', resolve))
    const { code } = await waiting.ended
    late.close()
    expect(code).toBe(0)
  }, 90_000)

  test('names the line of a mistake and contacts nothing', async () => {
    const file = join(directory.path, 'wrong.yaml')
    await writeFile(file, `checks:\n  - endpoint: ${url}\n    dimensions:\n      - type: http_statsu\n`)
    const { code, stderr } = await opsctl(['probe', '-f', file], patient)
    expect({ code, stderr }).toEqual({ code: 78, stderr: expect.stringContaining('wrong.yaml:4:15') })
    expect(stderr).toContain('did you mean http_status?')
  }, 60_000)
})

describe.skipIf(!needs('sshd', 'ssh-keygen'))('opsctl probe over SSH', () => {
  let fleet: Fleet
  beforeAll(async () => {
    fleet = await startFleet({ hosts: 3 })
  }, 60_000)
  afterAll(() => fleet.stop())

  const on = (...hosts: readonly string[]): string[] => ['-t', hosts.join(','), '--ssh-config', fleet.sshConfigFile]

  test('judges hosts with nothing installed there', async () => {
    const { items } = await probe(...on(...fleet.addresses))
    for (const address of fleet.addresses) {
      const own = items.filter(({ host }) => host === address)
      expect(own.find(({ name }) => name === 'memory')).toMatchObject({ verdict: expect.stringMatching(/pass|warn/) })
      expect(own.length).toBeGreaterThan(8)
    }
  }, 60_000)

  test('asks an endpoint from each host', async () => {
    const { code, items } = await probe(url, '--from', 'host', ...on(...fleet.addresses))
    expect(code).toBe(0)
    expect(
      items.filter(({ name, verdict }) => name.endsWith('http_status') && verdict === 'pass').map(({ host }) => host),
    ).toEqual([...fleet.addresses])
  }, 60_000)

  test('gives no verdict of a host that can not be reached, and still judges the others', async () => {
    const [first = ''] = fleet.addresses
    const { code, items } = await probe(
      '--check',
      'memory',
      '--connect-timeout',
      '2s',
      '--retries',
      '0',
      ...on(first, '127.0.9.99'),
    )
    expect(code).toBe(3)
    expect(items.find(({ host }) => host === first)).toMatchObject({ verdict: expect.stringMatching(/pass|warn/) })
    expect(items.find(({ host }) => host === '127.0.9.99')).toMatchObject({
      verdict: 'unknown',
      reason: expect.stringMatching(/unreachable|hostkey/),
    })
  }, 60_000)
})
