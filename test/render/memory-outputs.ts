import { createHash } from 'node:crypto'
import type { RenderEnv, Style } from '../../src/lib/core/component.ts'
import type { OutputRef } from '../../src/lib/core/item.ts'

const same = (text: string): string => text
const noStyle: Style = { good: same, bad: same, warn: same, dim: same, strong: same, name: same }

/** Colours one can read in a golden file: `<bad>✗ exit 2</bad>`. */
export const tagStyle: Style = {
  good: text => `<good>${text}</good>`,
  bad: text => `<bad>${text}</bad>`,
  warn: text => `<warn>${text}</warn>`,
  dim: text => `<dim>${text}</dim>`,
  strong: text => `<strong>${text}</strong>`,
  name: text => `<name>${text}</name>`,
}

/** Remote output that a test holds in memory, and the environment that reads it. */
export class MemoryOutputs {
  readonly #bytes = new Map<string, Uint8Array>()

  /** A reference to the output; the same content has the same reference. `bytes` may claim more than is kept. */
  hold(content: string | Uint8Array, more: Partial<OutputRef> = {}): OutputRef {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    this.#bytes.set(sha256, bytes)
    return { id: sha256, bytes: bytes.length, sha256, ...more }
  }

  env(more: Partial<RenderEnv> = {}): RenderEnv {
    return {
      width: 0,
      style: noStyle,
      verbosity: 0,
      foldHosts: foldNumbers,
      readOutput: async (ref, limit = Number.POSITIVE_INFINITY) => {
        const bytes = this.#bytes.get(ref.id) ?? new Uint8Array()
        return {
          text: new TextDecoder().decode(bytes.subarray(0, limit)),
          truncated: bytes.length > limit || ref.bytes > bytes.length,
        }
      },
      ...more,
    }
  }
}

/** Just enough folding for tests: names that differ in one trailing number, in order. */
function foldNumbers(names: readonly string[]): string {
  const byStem = Map.groupBy(names, name => /^(.*?)(\d+)$/.exec(name)?.[1] ?? name)
  return [...byStem]
    .map(([stem, members]) =>
      members.length === 1 ? (members[0] ?? '') : `${stem}[${members.map(name => name.slice(stem.length)).join(',')}]`,
    )
    .join(',')
}

export async function textOf(pieces: AsyncIterable<string>): Promise<string> {
  let text = ''
  for await (const piece of pieces) text += piece
  return text
}
