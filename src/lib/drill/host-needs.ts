import type { StepPlace } from '../core/plan.ts'
import { runScript } from '../plan/steps/on-host.ts'
import { allFields, hostScript } from '../transport/host-script.ts'
import type { FaultType } from './fault-types.ts'

/** What faults need of a host, each with how it is had. */
const needs = {
  root: { name: 'root', test: '[ "$(id -u)" = 0 ]', lack: 'it needs root: log in as root, or add --sudo' },
  proc: { name: '/proc', test: '[ -r /proc/self/stat ]', lack: 'it needs /proc: mount it' },
  nft: {
    name: 'nftables',
    test: 'command -v nft && nft list tables',
    lack: 'it needs nft: install nftables, on a kernel that has nf_tables',
  },
  python: {
    name: 'python3',
    test: 'command -v python3 && python3 -c "import asyncio, socket"',
    lack: 'it needs python3, which runs the proxy: install python3',
  },
} as const
type HostNeed = keyof typeof needs

const needsOf: Readonly<Record<FaultType, readonly HostNeed[]>> = {
  'cpu-pressure': ['proc'],
  'disk-fill': ['proc'],
  'http-error': ['root', 'nft', 'python'],
  latency: ['root', 'nft', 'python'],
  'network-partition': ['root', 'nft'],
  'process-kill': ['proc'],
  'process-pause': ['proc'],
}

/** What every host of a fault has to have, in short words, whatever its parameters. */
export const neededFor = (fault: FaultType): readonly string[] => needsOf[fault].map(need => needs[need].name)

/** What of it a host lacks, in words; empty for nothing. @throws StepError, TransportError */
export async function missingOn(place: StepPlace, fault: FaultType): Promise<readonly string[]> {
  const asked = needsOf[fault]
  const tests = asked.map(name => `{ ${needs[name].test}; } >/dev/null 2>&1 || printf "%s\\0" ${name};`)
  const script = hostScript('look at what the host can do', 'PATH=$PATH:/usr/sbin:/sbin;', ...tests, ':')
  const missing = allFields(await runScript(place, script, { args: [] }))
  return asked.filter(name => missing.includes(name)).map(name => needs[name].lack)
}
