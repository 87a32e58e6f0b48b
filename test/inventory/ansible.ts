import { cpSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseYamlDocument } from '../../src/lib/config/yaml-document.ts'
import type { Component, InventoryTools } from '../../src/lib/core/component.ts'
import type { Inventory } from '../../src/lib/core/host.ts'
import { loadInventory } from '../../src/lib/inventory/load.ts'
import { inventoryTools, type ProgramRunner } from '../../src/lib/inventory/tools.ts'
import { components as registered } from '../../src/registry.generated.ts'
import { needs } from '../helpers/needs.ts'

/** What `ansible-inventory --list` says: all hosts of each group, children included, and the variables of each host. */
export interface Listed {
  readonly groups: Record<string, string[]>
  readonly vars: Record<string, Record<string, unknown>>
}

export const hasAnsible = needs('ansible-inventory')

/** A private copy of fixtures, so that owner and mode of programs are this user's whatever the checkout's are. */
export function copyOf(directory: string): string {
  const copy = mkdtempSync(join(tmpdir(), 'inventory-'))
  cpSync(directory, copy, { recursive: true })
  Bun.spawnSync(['chmod', '-R', 'go-w', copy])
  return copy
}

export async function askAnsible(path: string): Promise<Listed> {
  const process = Bun.spawn(['ansible-inventory', '-i', path, '--list'], {
    cwd: '/',
    env: {
      PATH: Bun.env['PATH'] ?? '',
      HOME: tmpdir(),
      LC_ALL: 'C.UTF-8',
      ANSIBLE_LOCAL_TEMP: tmpdir(),
    },
    stderr: 'pipe',
  })
  const [text, complaint] = await Promise.all([new Response(process.stdout).text(), new Response(process.stderr).text()])
  if ((await process.exited) !== 0 || /failed to parse/i.test(complaint)) throw new Error(complaint)
  return closed(JSON.parse(text))
}

/** The same view of ours. */
export function listed({ hosts, groups }: Inventory): Listed {
  const names = [...groups].flatMap(([name, members]) => (members.length === 0 ? [] : [[name, members.toSorted()] as const]))
  const vars = [...hosts.values()].filter(host => host.origin !== undefined && Object.keys(host.vars).length > 0)
  return { groups: Object.fromEntries(names.sort()), vars: Object.fromEntries(vars.map(host => [host.name, host.vars]).sort()) }
}

interface RawGroup {
  readonly hosts?: string[]
  readonly children?: string[]
}

function closed({ _meta, ...raw }: Record<string, RawGroup> & { _meta: { hostvars: Listed['vars'] } }): Listed {
  const groups = raw as Record<string, RawGroup>
  const members = (name: string): string[] => [...(groups[name]?.hosts ?? []), ...(groups[name]?.children ?? []).flatMap(members)]
  const names = Object.keys(groups).map(name => [name, [...new Set(members(name))].sort()] as const)
  return { groups: Object.fromEntries(names.filter(([, hosts]) => hosts.length > 0).sort()), vars: _meta.hostvars }
}

/** Runs programs for tests; the real one lives in transport. */
export const runProgram: ProgramRunner = async argv => {
  const process = Bun.spawn([...argv], { stderr: 'pipe' })
  const [stdout, stderr] = await Promise.all([new Response(process.stdout).text(), new Response(process.stderr).text()])
  return { code: await process.exited, stdout, stderr }
}

export function realTools(more: { home?: string; uid?: number; run?: ProgramRunner } = {}): InventoryTools {
  return inventoryTools({
    signal: new AbortController().signal,
    home: more.home,
    uid: more.uid ?? process.getuid?.() ?? 0,
    parseYaml: async (text, path, dialect) => parseYamlDocument(text, path, 'E_INVENTORY', dialect),
    run: more.run ?? runProgram,
  })
}

/** Every source there is. */
export const components: readonly Component<'inventory'>[] = await Promise.all(
  registered
    .filter(({ kind }) => kind === 'inventory')
    .map(async entry => (await entry.load()).default as Component<'inventory'>),
)

export const load = (...sources: string[]): Promise<Inventory> => loadInventory({ sources, components, tools: realTools() })
