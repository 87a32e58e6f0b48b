import { z } from 'zod'
import type { CheckResult } from '../../core/check.ts'
import { defineHostCheck } from '../host-check.ts'
import { isLoopback, type Listener } from '../proc/sockets.ts'
import { listenersIn, listenersReading } from './listeners.ts'

const portNumber = z.int().min(1).max(65_535)

const Params = z.strictObject({
  expected: z.array(portNumber).default([]).describe('TCP ports that somebody must listen on'),
  allowed: z
    .array(z.union([portNumber, z.string().regex(/^\d+-\d+$/, 'is not a range of ports, such as 8000-8999')]))
    .optional()
    .describe('besides those expected, only these may be open to others, such as 22 or 8000-8999; any when absent'),
})
type Params = z.output<typeof Params>

/** TCP ports that somebody listens on. What only the host itself can reach is never too much. */
export default defineHostCheck({
  type: 'listening',
  summary: 'TCP ports that must be listened on, and no others',
  example: { expected: [], allowed: ['1-65535'] },
  params: Params,
  title: ({ expected }) => (expected.length > 0 ? `something listens on ${expected.join(', ')}` : 'ports that are listened on'),
  readings: () => [listenersReading],
  judge(params, found) {
    const all = listenersIn(found)
    const open = portsOf(all.filter(one => !isLoopback(one)))
    const local = portsOf(all.filter(isLoopback)).filter(port => !open.includes(port))
    return {
      ...verdictOf(params, { open, local }),
      metrics: { open_ports: open.length, local_ports: local.length },
      evidence: `${all.map(({ address, port }) => `${address} port ${port}`).join('\n')}\n`,
    }
  },
})

const portsOf = (all: readonly Listener[]): number[] =>
  [...new Set(all.map(({ port }) => port))].sort((one, other) => one - other)

interface Ports {
  readonly open: readonly number[]
  readonly local: readonly number[]
}

function verdictOf({ expected, allowed }: Params, { open, local }: Ports): CheckResult {
  const missing = expected.filter(port => !open.includes(port) && !local.includes(port))
  if (missing.length > 0) return { verdict: 'fail', reason: 'missing', message: `nothing listens on ${shortened(missing)}` }
  const surplus = allowed ? open.filter(port => !expected.includes(port) && !allowed.some(one => holds(one, port))) : []
  if (surplus.length > 0)
    return { verdict: 'fail', reason: 'state', message: `something listens on ${shortened(surplus)}, which is not allowed` }
  const parts = [...(open.length > 0 ? [shortened(open)] : []), ...(local.length > 0 ? [`${shortened(local)} for itself`] : [])]
  return { verdict: 'pass', message: parts.length === 0 ? 'nothing listens' : `listens on ${parts.join(', and on ')}` }
}

function holds(allowed: number | string, port: number): boolean {
  const [from = 0, to = from] = String(allowed).split('-').map(Number)
  return port >= from && port <= to
}

const shown = 12
const shortened = (ports: readonly number[]): string =>
  ports.slice(0, shown).join(', ') + (ports.length > shown ? ` and ${ports.length - shown} more` : '')
