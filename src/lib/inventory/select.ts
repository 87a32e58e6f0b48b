import { type Host, hostNamed, type Inventory, thisMachine } from '../core/host.ts'
import { nearest } from '../core/nearest.ts'
import { type Address, formatAddress, parseAddress } from './address.ts'
import { matchesGlob } from './node-set/glob.ts'
import { expandNodeSet, type NodeSetNames } from './node-set.ts'

export interface SelectRequest {
  readonly inventory: Inventory
  /** Words of -t: node sets over hosts, groups and ad hoc hosts. A word that begins with an operator applies to the words before it. */
  readonly targets: readonly string[]
  /** Words of --limit: only targets that they name stay; `!web3` alone takes away. */
  readonly limit?: readonly string[]
  /** Hosts of `@failed`, asked only when it is mentioned. */
  readonly failed?: () => Promise<readonly string[]>
}

export interface Selection {
  /** In order of mention, each name once. */
  readonly hosts: readonly Host[]
  /** Words that no inventory knows, taken as hosts. */
  readonly adHoc: readonly string[]
  /** Words of --limit that name neither a target nor a known host. */
  readonly unmatched: readonly string[]
  /** What a word of `adHoc` or `unmatched` may have meant: a host, or a group with its `@`. */
  readonly nearest: ReadonlyMap<string, string>
}

/** Words for which the nearest name is looked up, so that a long list of ad hoc hosts costs nothing. */
const maxHints = 20

/**
 * The hosts that -t and --limit name. May be empty: the caller decides what that means.
 * @throws OpsError E_NODE_SET
 */
export async function select(request: SelectRequest): Promise<Selection> {
  const { inventory, targets, limit = [] } = request
  const names = namesOf(inventory, await failedHosts(request))
  const words = new Map(expandNodeSet(joinWords(targets), names).map(word => [word, resolve(word, inventory)]))
  const hosts = uniqueByName([...words.values()].map(({ host }) => host))
  const adHoc = [...words].flatMap(([word, { known }]) => (known ? [] : [word]))
  const kept = limitTo({ hosts, limit, names, inventory })
  const strange = [...adHoc, ...kept.unmatched]
  return { hosts: kept.hosts, adHoc, unmatched: kept.unmatched, nearest: hints(strange, inventory) }
}

/** All hosts of an inventory as `@*` means them: its group `all`, and without one every host that was declared somewhere. */
export function everyHost({ hosts, groups }: Inventory): readonly string[] {
  return groups.get('all') ?? [...hosts.values()].filter(isDeclared).map(({ name }) => name)
}

/** False for the `localhost` that every inventory has without saying so. */
const isDeclared = (host: Host): boolean => host.via !== 'local' || host.origin !== undefined

function namesOf(inventory: Inventory, failed: readonly string[] | undefined): NodeSetNames {
  const { hosts, groups } = inventory
  const all = everyHost(inventory)
  return {
    group: name => {
      if (name === '*') return all
      return groups.get(name) ?? (name === 'all' ? all : name === 'failed' ? failed : undefined)
    },
    groups: () => [...groups.keys()],
    hostsMatching: glob => {
      if (glob === '*') return all
      return [...hosts.values()].flatMap(host => (isDeclared(host) && matchesGlob(glob, host.name) ? [host.name] : []))
    },
  }
}

async function failedHosts({ targets, limit = [], failed }: SelectRequest): Promise<readonly string[] | undefined> {
  const mentioned = [...targets, ...limit].some(
    word => word.includes('@failed') && /(?:^|[\s,!&^])@failed(?:$|[\s,!&^])/.test(word),
  )
  return mentioned ? await failed?.() : undefined
}

function joinWords(words: readonly string[]): string {
  let text = ''
  for (const word of words.map(each => each.trim()).filter(each => each !== '')) {
    text += text === '' || /^[!&^]/.test(word) ? word : `,${word}`
  }
  return text
}

/** A host by the name that was written: known, known with another user or port, this machine, or ad hoc. */
function resolve(word: string, { hosts }: Inventory): { host: Host; known: boolean } {
  const known = hosts.get(word)
  if (known) return { host: known, known: true }
  if (word === thisMachine.name) return { host: thisMachine, known: true }
  const address = parseAddress(word)
  const base = hosts.get(address.host)
  if (!base) return { host: adHocHost(address), known: false }
  return { host: address.user === undefined && address.port === undefined ? base : withLogin(base, address), known: true }
}

function adHocHost({ host, ...login }: Address): Host {
  const name = formatAddress({ host, ...login })
  return hostNamed(name, { ...login, ...(name === host ? {} : { address: host }) })
}

/** Settings of the inventory with the user and port that were asked for. Whoever gives a login for this machine wants SSH. */
function withLogin(base: Host, { host, ...login }: Address): Host {
  const via = isDeclared(base) ? base.via : 'ssh'
  return { ...base, ...login, via, name: formatAddress({ host, ...login }), address: base.address ?? base.name }
}

const uniqueByName = (hosts: readonly Host[]): Host[] => [...new Map(hosts.map(host => [host.name, host])).values()]

function limitTo(request: { hosts: readonly Host[]; limit: readonly string[]; names: NodeSetNames; inventory: Inventory }): {
  hosts: readonly Host[]
  unmatched: string[]
} {
  const { hosts, names, inventory } = request
  const limit = joinWords(request.limit)
  if (limit === '') return { hosts, unmatched: [] }
  const targets = new Set(hosts.map(({ name }) => name))
  const kept = new Set(expandNodeSet(limit, { ...names, base: [...targets] }))
  const failed = new Set(names.group('failed'))
  return {
    hosts: hosts.filter(({ name }) => kept.has(name)),
    unmatched: [...kept].filter(name => !targets.has(name) && !inventory.hosts.has(name) && !failed.has(name)),
  }
}

/** A word with a dot, a user or a port is meant as it stands. */
function hints(words: readonly string[], { hosts, groups }: Inventory): Map<string, string> {
  const found = new Map<string, string>()
  for (const word of words.filter(each => !/[.@:]/.test(each)).slice(0, maxHints)) {
    const group = groups.has(word) ? word : undefined
    const near = group === undefined ? nearest(word, hosts.keys()) : undefined
    const nearGroup = group ?? (near === undefined ? nearest(word, groups.keys()) : undefined)
    const meant = near ?? (nearGroup === undefined ? undefined : `@${nearGroup}`)
    if (meant !== undefined) found.set(word, meant)
  }
  return found
}
