import { type Alias, type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, visit, type YAMLMap } from 'yaml'

/** What is wrong with the structure of a document: at which character, and what. */
export interface YamlFault {
  readonly offset: number
  readonly problem: string
}

/** Finds values by their keys in constant time, however large the maps; the library searches a map from its start each time. */
export class YamlIndex {
  /** The first repeated key, or alias that stands for nothing. */
  fault: YamlFault | undefined
  readonly #document: Document.Parsed
  readonly #pairs = new Map<YAMLMap, Map<string, Pair>>()
  readonly #targets = new Map<Alias, Node>()

  constructor(document: Document.Parsed, { uniqueKeys }: { uniqueKeys: boolean }) {
    this.#document = document
    const anchors = new Map<string, Node>()
    visit(document, {
      Node: (_, node, path) => {
        if (isAlias(node)) this.#alias(node, anchors, path)
        else if (node.anchor !== undefined) anchors.set(node.anchor, node)
        if (isMap(node)) this.#map(node, uniqueKeys)
        return this.fault ? visit.BREAK : undefined
      },
    })
  }

  /** Where the value at `keys` begins, or the last of its parents that is there. */
  offsetOf(keys: readonly (string | number)[], part: 'key' | 'value'): number {
    let node: unknown = this.#document.contents
    let offset = startOf(node) ?? 0
    for (const [depth, key] of keys.entries()) {
      const found = this.#child(isAlias(node) ? this.#targets.get(node) : node, key)
      if (!found) break
      const wanted = part === 'key' && depth === keys.length - 1 ? found.key : found.value
      offset = startOf(wanted) ?? startOf(found.key) ?? offset
      node = found.value
    }
    return offset
  }

  #alias(alias: Alias, anchors: ReadonlyMap<string, Node>, path: readonly unknown[]): void {
    const target = anchors.get(alias.source)
    if (target === undefined) this.#wrong(alias, `no anchor &${alias.source} before *${alias.source}`)
    else if (path.includes(target)) this.#wrong(alias, `*${alias.source} stands inside of what it repeats`)
    else this.#targets.set(alias, target)
  }

  #map(map: YAMLMap, uniqueKeys: boolean): void {
    const pairs = new Map<string, Pair>()
    for (const pair of map.items) {
      if (!isScalar(pair.key)) continue
      const key = String(pair.key.value)
      if (uniqueKeys && pairs.has(key)) this.#wrong(pair.key, `the key '${key}' is there twice`)
      pairs.set(key, pair)
    }
    this.#pairs.set(map, pairs)
  }

  #wrong(node: Node, problem: string): void {
    this.fault ??= { offset: node.range?.[0] ?? 0, problem }
  }

  #child(node: unknown, key: string | number): { key?: unknown; value: unknown } | undefined {
    if (isMap(node)) return this.#pairs.get(node)?.get(String(key))
    return isSeq(node) && typeof key === 'number' && key < node.items.length ? { value: node.items[key] } : undefined
  }
}

/** An absent value has a place too, at the end of its key: the key says more. */
function startOf(node: unknown): number | undefined {
  const range = (node as Node | null | undefined)?.range
  return !range || (isScalar(node) && node.source === '' && node.type === 'PLAIN') ? undefined : range[0]
}
