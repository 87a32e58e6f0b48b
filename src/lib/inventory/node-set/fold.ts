import { foldGrid } from './fold-grid.ts'
import { foldNumbers } from './fold-numbers.ts'
import { maxDigits } from './ranges.ts'

/**
 * The shortest usual node set of some names: expanding it gives the same names. Numbers that vary together fold in several dimensions,
 * `rack[1-4]node[1-16]`; padding stays exact, `n[1-9,01-10]`. Names sort by their pattern, as ClusterShell has it. O(n log n).
 */
export function foldNodeSet(names: Iterable<string>): string {
  const patterns = new Map<string, Pattern>()
  for (const name of new Set(names)) {
    const { key, literals, numbers } = split(name)
    const pattern = patterns.get(key) ?? { literals, vectors: [] }
    pattern.vectors.push(numbers)
    patterns.set(key, pattern)
  }
  const keys = [...patterns.keys()].sort()
  return keys.flatMap(key => foldPattern(patterns.get(key) ?? { literals: [], vectors: [] })).join(',')
}

/** Names that differ in their numbers alone: the text around the numbers, and the numbers of each name as they are written. */
interface Pattern {
  readonly literals: readonly string[]
  readonly vectors: string[][]
}

/** Numbers too long for a range stay text, as does a name with brackets (`[2001:db8::1]:22`). */
function split(name: string): { key: string; literals: string[]; numbers: string[] } {
  const literals: string[] = []
  const numbers: string[] = []
  let from = 0
  for (const match of name.includes('[') ? [] : name.matchAll(/\d+/g)) {
    if (match[0].length > maxDigits) continue
    literals.push(name.slice(from, match.index))
    numbers.push(match[0])
    from = match.index + match[0].length
  }
  literals.push(name.slice(from))
  return { key: literals.map(literal => literal.replaceAll('%', '%%')).join('%s'), literals, numbers }
}

function foldPattern({ literals, vectors }: Pattern): string[] {
  if (literals.length === 1) return [...literals]
  if (literals.length > 2) return foldGrid(vectors).map(texts => assemble(literals, texts))
  return [assemble(literals, [foldNumbers(vectors.flat())])]
}

function assemble(literals: readonly string[], axes: readonly string[]): string {
  return literals.map((literal, index) => literal + bracketed(axes[index])).join('')
}

function bracketed(axis: string | undefined): string {
  if (axis === undefined) return ''
  return /^\d+$/.test(axis) ? axis : `[${axis}]`
}
