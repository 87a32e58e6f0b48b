import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { sleep } from '../../core/clock.ts'
import { defineStep } from '../../core/component.ts'
import { durationField } from '../../core/fields.ts'
import type { Json } from '../../core/json.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { parseParams } from '../../core/params.ts'
import { StepError, type StepKind, type StepPlace } from '../../core/plan.ts'
import { loneScript, runScript } from '../../plan/steps/on-host.ts'
import { allFields, hostScript } from '../../transport/host-script.ts'
import { missingOn } from '../host-needs.ts'
import { ownPath } from '../own-path.ts'
import { partitionRules } from '../partition-rules.ts'
import { listTable, loadTable, removeTable } from '../table-scripts.ts'

const Params = z.strictObject({
  peers: z
    .array(z.string().regex(/^[A-Za-z0-9.:_-]+(\/\d{1,3})?$/, 'is neither a host nor an address nor a network'))
    .min(1)
    .describe('hosts of the inventory, names, addresses or networks that are not reached any more'),
  ports: z
    .array(z.int().min(1).max(65_535))
    .default([])
    .describe('only this traffic, whichever side the port is on; all when absent'),
  direction: z.enum(['in', 'out', 'both']).default('both').describe('what comes from the peers, what goes to them, or both'),
  lasts: durationField().prefault('10m').describe('after so long the kernel ends it by itself, whatever becomes of the drill'),
})

const Before = z.object({
  table: z.string().regex(/^opsctl_[0-9a-f]+$/),
  peers: z.array(z.string()),
  own: z.object({ client: z.string(), port: z.number() }).nullable(),
})
type Before = z.output<typeof Before>

const resolveNames = hostScript(
  'resolve the peers',
  'for name do found=$(getent ahosts "$name") || { echo "$name is not known" >&2; exit 1; };',
  'echo "$found" | while read -r address rest; do printf "%s\\0" "$address"; done; done',
)
/** Sends a packet to each peer that follows, on port $1: what nobody sends can not be dropped. */
const knock = hostScript(
  'knock at the peers',
  'port=$1; shift; for peer do { bash -c "echo >/dev/udp/\\$0/\\$1" "$peer" "$port" || ping -c 1 -W 1 "$peer"; } >/dev/null 2>&1; done; :',
)

/** Drops packets by nftables, in a table of its own. */
export default defineStep({
  type: 'network-partition',
  version: '1.0.0',
  summary: 'peers that a host does not reach any more, by address, port and direction (nftables)',
  stability: 'beta',
  internal: true,
  schema: jsonSchemaOf(Params),
  example: { peers: ['192.0.2.7'], ports: [6379], direction: 'both' },
  build: config => networkPartition(config),
})

function networkPartition(config: Json): StepKind {
  const params = parseParams(Params, config)
  const what = `the network to ${params.peers.join(', ')}`
  const seconds = Math.ceil(params.lasts / 1000)
  const rules = ({ table, peers, own }: Before): string =>
    partitionRules({ table, peers, seconds, ports: params.ports, direction: params.direction, own: own ?? undefined })
  const undone = (before: Json) => ({ args: [Before.parse(before).table] })
  return {
    describe: () => `cut ${what}${params.ports.length > 0 ? `, port ${params.ports.join(', ')}` : ''}`,
    needs: place => missingOn(place, 'network-partition'),
    async capture(place) {
      const own = await ownPath(place)
      return {
        table: `opsctl_${randomBytes(6).toString('hex')}`,
        peers: await addresses(place, params.peers),
        own: own ? { ...own } : null,
      }
    },
    needed: () => true,
    diff: before => rules(Before.parse(before)),
    do: async (place, before) =>
      void (await runScript(place, loadTable, { args: [], stdin: Buffer.from(rules(Before.parse(before))) })),
    verify: (place, before) => demandDrops(place, Before.parse(before), params),
    undo: async (place, before) => void (await runScript(place, removeTable, undone(before))),
    async verifyUndone(place, before) {
      if ((await tableOf(place, before)) !== '') throw new StepError(`${what} is still cut`)
    },
    undoAlone: before => [loneScript(removeTable, undone(before))],
  }
}

async function addresses(place: StepPlace, peers: readonly string[]): Promise<string[]> {
  const isLiteral = (peer: string): boolean => /^[\d.]+(\/\d+)?$/.test(peer) || peer.includes(':')
  const names = peers.filter(peer => !isLiteral(peer))
  const found = names.length === 0 ? [] : allFields(await runScript(place, resolveNames, { args: names }))
  return [...new Set([...peers.filter(isLiteral), ...found])]
}

const tableOf = async (place: StepPlace, before: Json): Promise<string> =>
  (await runScript(place, listTable, { args: [Before.parse(before).table] })).toString()

/** So long something may take until it talks to a peer, when nothing that opsctl sends itself is dropped. */
const biteMs = 5000

async function demandDrops(place: StepPlace, before: Before, { ports }: z.output<typeof Params>): Promise<void> {
  const until = place.clock.monotonic() + biteMs
  const single = before.peers.filter(peer => !peer.includes('/')).slice(0, 4)
  for (;;) {
    const table = await tableOf(place, before)
    if (table === '') throw new StepError('its table is gone')
    if (!table.includes('elements = {')) throw new StepError('the kernel has ended it by itself')
    if (/counter packets [1-9]/.test(table)) return
    if (place.clock.monotonic() > until)
      throw new StepError(`no packet was dropped within ${biteMs / 1000} s: nothing talks to the peers`)
    await runScript(place, knock, { args: [String(ports[0] ?? 9), ...single] })
    await sleep(place.clock, 100, place.signal)
  }
}
