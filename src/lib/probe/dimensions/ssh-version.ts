import { z } from 'zod'
import { defineDimension } from '../dimension.ts'
import { debianOrder } from '../version-order.ts'
import { fulfils, versionWishField } from '../version-wish.ts'

const protocols: readonly string[] = ['2.0', '1.99']

/** What the server says that it is. */
export const sshVersion = defineDimension({
  type: 'ssh_version',
  summary: 'the server speaks SSH 2, and is of this software and version',
  params: z.object({
    software: z.string().min(1).optional().describe('its name: OpenSSH'),
    version: versionWishField().optional().describe('its version: 9.2p1, >= 9.2, or >= 9.2, < 10'),
  }),
  defaults: { intervalMs: 3_600_000, timeoutMs: 5_000, retries: 1 },
  judge({ software: wantedSoftware, version: wish }, { seen }) {
    if (seen === undefined) return undefined
    const { protocol, software, version } = seen
    if (typeof protocol !== 'string' || typeof software !== 'string') return undefined
    const told = `${software}${typeof version === 'string' ? ` ${version}` : ''}`
    if (!protocols.includes(protocol)) {
      return { verdict: 'fail', reason: 'protocol', message: `${told} speaks SSH ${protocol}, not 2` }
    }
    if (wantedSoftware !== undefined && software.toLowerCase() !== wantedSoftware.toLowerCase()) {
      return { verdict: 'fail', reason: 'state', message: `${told}, not ${wantedSoftware}` }
    }
    if (wish && typeof version !== 'string') {
      return { verdict: 'unknown', reason: 'unreadable', message: `${told} does not tell its version` }
    }
    if (wish && typeof version === 'string' && !fulfils(version, wish, debianOrder)) {
      return { verdict: 'fail', reason: 'state', message: `${told}, not ${wish.text}` }
    }
    return { verdict: 'pass', message: told }
  },
})
