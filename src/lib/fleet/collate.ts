import type { Item } from '../core/item.ts'
import type { OutputStore } from '../core/output-store.ts'
import type { Block } from '../core/report.ts'
import { foldNodeSet } from '../inventory/node-set.ts'

interface CollateOptions {
  readonly outputs: OutputStore
  /** Blocks after the largest one as their difference from it. */
  readonly diff: boolean
}

/** Hosts with the same output and the same end as one block, largest first, as dshbak and `clush -b` do. */
export async function collate(items: readonly Item[], { outputs, diff }: CollateOptions): Promise<Block[]> {
  const groups = Map.groupBy(
    items.filter(item => item.output !== undefined),
    item => [item.output?.stdout?.sha256, item.output?.stderr?.sha256, item.outcome].join(),
  )
  const blocks = [...groups.values()].map(blockOf).sort((a, b) => b.hosts.length - a.hosts.length)
  const [largest, ...others] = blocks
  if (!diff || largest === undefined) return blocks
  const base = { name: largest.title, text: await textOf(largest, outputs) }
  return [largest, ...(await Promise.all(others.map(block => withDiff(block, base, outputs))))]
}

function blockOf(members: readonly Item[]): Block {
  const hosts = members.map(item => item.host ?? item.path)
  const [first] = members
  const body = [first?.output?.stdout, first?.output?.stderr].filter(ref => ref !== undefined)
  return { title: foldNodeSet(hosts), hosts, outcome: first?.outcome ?? 'ok', body }
}

async function withDiff(block: Block, base: { name: string; text: string }, outputs: OutputStore): Promise<Block> {
  const { unifiedDiff } = await import('../core/unified-diff.ts')
  const text = await textOf(block, outputs)
  return { ...block, diff: unifiedDiff(base, { name: block.title, text }) }
}

/** Differences of huge outputs help nobody: the first MiB of each stream is compared. */
const compareBytes = 1024 * 1024

async function textOf(block: Block, outputs: OutputStore): Promise<string> {
  const pieces: Uint8Array[] = []
  for (const ref of block.body) {
    let size = 0
    for await (const piece of outputs.read(ref)) {
      pieces.push(piece.subarray(0, compareBytes - size))
      size += piece.length
      if (size >= compareBytes) break
    }
  }
  return Buffer.concat(pieces).toString('utf8')
}
