import { afterAll, beforeAll, describe, test } from 'bun:test'
import { needs } from '../../helpers/needs.ts'
import { type TempDir, tempDir } from '../../helpers/temp-dir.ts'
import { moduleLine, type SideBySide, sideBySide } from './side-by-side.ts'

const cases = [
  { name: 'this machine', target: '127.0.0.1', passes: true },
  { name: 'a name', target: 'localhost', icmp: 'preferred_ip_protocol: ip4', passes: true },
  { name: 'a packet of its own size', target: '127.0.0.1', icmp: 'payload_size: 1000', passes: true },
  { name: 'a packet that may not be cut', target: '127.0.0.1', icmp: 'dont_fragment: true', passes: true },
  { name: 'few hops', target: '127.0.0.1', icmp: 'ttl: 1', passes: true },
  { name: 'another address to ask from', target: '127.0.0.1', icmp: 'source_ip_address: 127.0.0.9', passes: true },
  {
    name: 'an address of the wrong kind',
    target: '127.0.0.1',
    icmp: 'ip_protocol_fallback: false',
    passes: false,
    reason: 'dns',
  },
  { name: 'a name that there is not', target: 'nowhere.invalid', passes: false, reason: 'dns' },
] as const satisfies readonly { name: string; target: string; icmp?: string; passes: boolean; reason?: string }[]

describe.skipIf(!needs('blackbox-exporter', 'ping', 'root'))('an icmp probe finds what blackbox_exporter finds of', () => {
  let directory: TempDir
  let both: SideBySide
  beforeAll(async () => {
    directory = await tempDir()
    const modules = cases.map((each, index) => moduleLine('icmp', `m${index}`, 'icmp' in each ? each.icmp : undefined))
    both = await sideBySide(directory.path, `modules:\n${modules.join('')}`)
  }, 120_000)
  afterAll(async () => {
    await both[Symbol.asyncDispose]()
    await directory[Symbol.asyncDispose]()
  })

  test.each(cases.map((each, index) => ({ ...each, index })))(
    '$name',
    async each => {
      await both.probe({ module: `m${each.index}`, target: each.target }, each)
    },
    60_000,
  )
})
