import { type CharSet, endOfText, isEmptiable, type PatternNode, type PatternTree } from './pattern-tree.ts'

/**
 * Which regular expressions a backtracking engine runs in time linear in the text, and those as JavaScript writes them with the meaning of RE2.
 *
 * Only such are taken that begin with `^` and never leave a choice: where something may repeat or be left out, the next character alone says
 * whether it goes on, since none that could stand in it could stand behind it; and so for the branches of an alternative. Then each way that is
 * tried after a failure fails with its next character: repetitions, which are of single characters only, are walked once forward and once back.
 */
export function linearSource({ root }: PatternTree): string | undefined {
  if (root.kind !== 'sequence' || root.items[0]?.kind !== 'begin') return undefined
  try {
    firstOf({ kind: 'sequence', items: root.items.slice(1) }, nothing)
    return sourceOf(root)
  } catch (error) {
    if (error instanceof NotLinear) return undefined
    throw error
  }
}

class NotLinear extends Error {}

const nothing: CharSet = 0n

/** What may stand first where `follow` stands behind it. An empty `follow`: nothing has to come, so that nothing fails there. @throws NotLinear */
function firstOf(node: PatternNode, follow: CharSet): CharSet {
  switch (node.kind) {
    case 'set':
      return node.set
    case 'end':
      return follow === nothing ? endOfText : no()
    case 'begin':
    case 'boundary':
      return no()
    case 'group':
      return firstOf(node.item, follow)
    case 'sequence':
      return node.items.reduceRight((behind, item) => firstOf(item, behind), follow)
    case 'branches':
      return node.items.reduce((taken, item) => apart(taken, isEmptiable(item) ? no() : firstOf(item, follow)), nothing)
    case 'repeat':
      return firstOfRepeat(node, follow)
  }
}

function firstOfRepeat({ item, least, most }: Extract<PatternNode, { kind: 'repeat' }>, follow: CharSet): CharSet {
  if (item.kind !== 'set' && (least !== 0 || most !== 1 || isEmptiable(item))) return no()
  const first = firstOf(item, follow)
  if (least === most) return first
  const both = apart(first, follow)
  return least === 0 ? both : first
}

/** Both together. @throws NotLinear where they overlap */
const apart = (one: CharSet, other: CharSet): CharSet => ((one & other) === 0n ? one | other : no())

function no(): never {
  throw new NotLinear()
}

/** Groups are asked for by number: names would make an object of every match. */
function sourceOf(node: PatternNode): string {
  switch (node.kind) {
    case 'set':
      return node.source
    case 'begin':
      return '^'
    case 'end':
      return '$'
    case 'boundary':
      return node.isNegated ? String.raw`\B` : String.raw`\b`
    case 'group':
      return `(${sourceOf(node.item)})`
    case 'sequence':
      return node.items.map(sourceOf).join('')
    case 'branches':
      return `(?:${node.items.map(sourceOf).join('|')})`
    case 'repeat':
      // A class alone is walked by the engine in one go, within parentheses it is not.
      return `${isOne(node.item) ? sourceOf(node.item) : `(?:${sourceOf(node.item)})`}${node.sign}`
  }
}

const isOne = ({ kind }: PatternNode): boolean => kind === 'set' || kind === 'group'
