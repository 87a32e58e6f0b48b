import { z } from 'zod'
import type { CheckPlace } from '../../core/check.ts'
import { dialerOf } from '../../net/dial.ts'
import { Dialogue } from '../../net/dialogue.ts'
import { openStream } from '../../net/http/open-stream.ts'
import { readSshBanner, softwareOf } from '../../net/ssh-banner.ts'
import { assertions, business } from '../dimensions/assertions.ts'
import { latency } from '../dimensions/latency.ts'
import { reachability } from '../dimensions/reachability.ts'
import { sshVersion } from '../dimensions/ssh-version.ts'
import { defineEndpointCheck } from '../endpoint-check.ts'
import { type Looking, lookAt } from '../look-at.ts'
import { type ServerAddress, serverAddressField } from '../server-address.ts'
import { closing } from '../tcp/closing.ts'

/** Enough for the lines of a very talkative server. */
const maxBytes = 65_536
const ours = 'SSH-2.0-opsctl\r\n'

/** An SSH server that introduces itself; whether one can log in there is the check `login`. */
export default defineEndpointCheck({
  type: 'ssh',
  summary: 'server of SSH that introduces itself',
  example: { endpoint: 'ssh://127.0.0.1', dimensions: [{ type: 'ssh_version', software: 'OpenSSH', version: '>= 8.4' }] },
  params: {
    endpoint: serverAddressField({ schemes: ['ssh'], ports: { ssh: 22 } }),
    address_family: z.enum(['any', 'ipv4', 'ipv6']).default('any'),
  },
  dimensions: [reachability, latency, sshVersion, assertions, business],
  judgedBy: () => [{ type: 'reachability' }, { type: 'latency' }, { type: 'ssh_version' }],
  title: ({ endpoint }) => `${endpoint.href} introduces itself`,
  look: (place, { endpoint, address_family: family }) =>
    lookAt(place, endpoint.href, looking => look(place, { ...looking, endpoint, family: families[family] })),
})

const families = { any: 0, ipv4: 4, ipv6: 6 } as const

interface Look extends Looking {
  readonly endpoint: ServerAddress
  readonly family: 0 | 4 | 6
}

async function look(place: CheckPlace, { endpoint, family, progress, finds }: Look): Promise<void> {
  const { clock, signal } = place
  const { stream } = await openStream({ dialer: dialerOf(place), endpoint, family }, { signal, clock, progress })
  using dialogue = new Dialogue(stream, { signal, maxBytes, before: 'its version' })
  try {
    progress.phase = 'wait'
    const start = clock.monotonic()
    const { text, protocol, softwareVersion, comments, before } = await readSshBanner(dialogue)
    progress.done('wait', clock.monotonic() - start)
    progress.trace?.(`heard    ${text}`)
    finds.seen = { banner: text, protocol, ...softwareOf(softwareVersion), ...(comments !== undefined && { comments }) }
    if (before.length > 0) finds.body = { bytes: Buffer.from(`${before.join('\n')}\n`), truncated: false }
    // So that the server notes a client that left, not one that never spoke.
    dialogue.send(ours)
    await closing(stream, place)
  } finally {
    stream.destroy()
  }
}
