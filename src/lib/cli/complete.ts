import type { InventorySpec } from '../core/context.ts'
import type { Inventory } from '../core/host.ts'
import type { Io, OutputPort } from '../core/io.ts'
import { type Answer, answerText } from '../surface/completion/answer.ts'
import { type Candidate, type Offer, offer } from '../surface/completion/offer.ts'
import type { Outside } from './outside.ts'

/** A shell waits no longer: rather no hosts than a prompt that hangs. */
const inventoryLimitMs = 500

/** More are of no use to anybody and slow down the shell. */
const maxHosts = 2000

type HostsOffer = Extract<Offer, { kind: 'hosts' }>

/**
 * Answers a completion script. The words come as the shell sees them; the last is being typed. Everything but hosts and groups is
 * known from the registry. Trouble of any kind is no answer: nothing may be written between a prompt and its line.
 */
export async function complete(words: readonly string[], outside: Outside): Promise<number> {
  try {
    const offered = offer(outside.program, words)
    const answer: Answer = offered.kind === 'hosts' ? { kind: 'words', candidates: await hostWords(offered, outside) } : offered
    await (await outside.io('never', 'directly')).stdout.write(answerText(answer))
    return 0
  } catch {
    return 1
  }
}

async function hostWords({ prefix, partial, groupsOnly, spoken }: HostsOffer, outside: Outside): Promise<Candidate[]> {
  const { hosts, groups } = await quickInventory(spoken, outside)
  const ofGroups = [...groups].map(([name, members]) => ({ word: `@${name}`, does: `${members.length} hosts` }))
  const ofHosts = groupsOnly
    ? []
    : [...hosts.values()].map(host => ({ word: host.name, does: host.groups.map(name => `@${name}`).join(' ') }))
  return [...ofGroups, ...ofHosts]
    .filter(({ word }) => word.startsWith(partial))
    .slice(0, maxHosts)
    .map(({ word, does }) => ({ word: prefix + word, does }))
}

/** The inventory that the command on the line would read, or none when that takes too long. */
async function quickInventory(spoken: HostsOffer['spoken'], outside: Outside): Promise<Inventory> {
  const nothing: Inventory = { hosts: new Map(), groups: new Map() }
  const { command, given } = spoken
  if (command === undefined) return nothing
  const { layInput } = await import('./input.ts')
  const { openRun } = await import('./run.ts')
  const { quiet, stop } = muted(outside)
  const inventory = given.get('inventory')
  const [sshConfig] = given.get('sshConfig') ?? []
  const [config] = given.get('config') ?? []
  const raw = {
    ...(inventory && { inventory }),
    ...(sshConfig !== undefined && { sshConfig }),
    ...(config !== undefined && { config }),
  }
  const { settings, layered } = await layInput(command, raw, quiet)
  await using run = await openRun(quiet, { ...settings, mayPrompt: false })
  const late = Promise.withResolvers<Inventory>()
  const cancel = outside.clock.timer(inventoryLimitMs, () => {
    stop()
    late.resolve(nothing)
  })
  const found = run.context.inventory(inventorySpec(layered.values))
  found.catch(() => {})
  try {
    return await Promise.race([found, late.promise])
  } finally {
    cancel()
  }
}

function inventorySpec({ inventory, sshConfig }: Readonly<Record<string, unknown>>): InventorySpec {
  return {
    sources: Array.isArray(inventory) ? inventory.map(String) : [],
    ...(typeof sshConfig === 'string' && { sshConfig }),
  }
}

/** The same world with nothing said on stderr, and a way to end what runs in it as SIGTERM would. */
function muted(outside: Outside): { readonly quiet: Outside; stop(): void } {
  const listeners: (() => void)[] = []
  const quiet: Outside = {
    ...outside,
    io: async (color): Promise<Io> => {
      const io = await outside.io(color)
      return { ...io, stderr: silent(io.stderr) }
    },
    signals: { on: (signal, listener) => void (signal === 'SIGTERM' && listeners.push(listener)) },
    collectGarbage: () => {},
    stopHard: () => {},
  }
  return { quiet, stop: () => listeners.forEach(listener => void listener()) }
}

const silent = ({ style }: OutputPort): OutputPort => ({ isTerminal: false, columns: 80, style, write: async () => {} })
