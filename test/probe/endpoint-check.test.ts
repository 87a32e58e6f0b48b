import { expect, test } from 'bun:test'
import { z } from 'zod'
import { httpStatus } from '../../src/lib/probe/dimensions/http-status.ts'
import { latency } from '../../src/lib/probe/dimensions/latency.ts'
import { defineEndpointCheck } from '../../src/lib/probe/endpoint-check.ts'
import type { Observation } from '../../src/lib/probe/observation.ts'
import { checkPlace } from './check-place.ts'

const seen = (address: string, status: number): Observation => ({
  endpoint: 'http://shop.example.com/',
  phases: {},
  totalMs: 5,
  address,
  http: { status, version: '1.1', headers: [], redirects: [] },
})

const check = (...[first, ...others]: Observation[]) =>
  defineEndpointCheck({
    type: 'fake',
    summary: 'something with addresses',
    example: {},
    params: { endpoint: z.string().optional() },
    dimensions: [httpStatus, latency],
    judgedBy: () => [{ type: 'http_status' }, { type: 'latency' }],
    title: () => 'something',
    look: async () => ({ ...(first ?? seen('192.0.2.1', 200)), others }),
  }).build({})

test('of several addresses the worst is told, in each dimension', async () => {
  const result = await check(seen('192.0.2.1', 200), seen('192.0.2.2', 502), seen('2001:db8::1', 200)).run(checkPlace())
  expect(result).toMatchObject({
    verdict: 'fail',
    reason: 'status',
    message: '192.0.2.2: status 502, not 2xx',
    judgements: [{ verdict: 'fail' }, { verdict: 'pass', message: '192.0.2.1: 5.0 ms' }],
  })
  for (const address of ['192.0.2.1', '192.0.2.2', '2001:db8::1']) expect(result.evidence).toContain(`at ${address}`)
})

test('of one address only it is not said', async () => {
  expect((await check(seen('192.0.2.1', 200)).run(checkPlace())).message).toBe('status 200')
})
