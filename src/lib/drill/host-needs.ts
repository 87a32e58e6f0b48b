import type { StepPlace } from '../core/plan.ts'
import { runScript } from '../plan/steps/on-host.ts'
import { allFields, hostScript } from '../transport/host-script.ts'

/** What faults need of a host, each with how it is had. */
const needs = {
  root: { test: '[ "$(id -u)" = 0 ]', lack: 'it needs root: log in as root, or add --sudo' },
  proc: { test: '[ -r /proc/self/stat ]', lack: 'it needs /proc: mount it' },
  nft: { test: 'command -v nft && nft list tables', lack: 'it needs nft: install nftables, on a kernel that has nf_tables' },
  python: {
    test: 'command -v python3 && python3 -c "import asyncio, socket"',
    lack: 'it needs python3, which runs the proxy: install python3',
  },
} as const
export type HostNeed = keyof typeof needs

/** What of it a host lacks, in words; empty for nothing. @throws StepError, TransportError */
export async function missingOn(place: StepPlace, asked: readonly HostNeed[]): Promise<readonly string[]> {
  const tests = asked.map(name => `{ ${needs[name].test}; } >/dev/null 2>&1 || printf "%s\\0" ${name};`)
  const script = hostScript('look at what the host can do', 'PATH=$PATH:/usr/sbin:/sbin;', ...tests, ':')
  const missing = allFields(await runScript(place, script, { args: [] }))
  return asked.filter(name => missing.includes(name)).map(name => needs[name].lack)
}
