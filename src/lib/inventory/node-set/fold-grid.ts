import { foldNumbers, sortNumbers } from './fold-numbers.ts'

/** Numbers of one axis, folded: equal sets have equal text. */
interface Axis {
  readonly text: string
  readonly numbers: readonly string[]
}
type Box = readonly Axis[]

/** How many boxes may be looked at in the search for a better order of merging; the first order is always tried in full. */
const searchBudget = 40_000

/**
 * Names with several numbers, as few boxes as a greedy search finds: every box is a text for each axis. Boxes that are equal in all axes but one
 * are merged along it, axis after axis; which axis comes first decides the result, so several orders are tried while that is cheap.
 */
export function foldGrid(vectors: readonly (readonly string[])[]): string[][] {
  const singles: Box[] = vectors.map(vector => vector.map(number => ({ text: number, numbers: [number] })))
  let best: Box[] | undefined
  let spent = 0
  for (const order of ordersOf(varyingAxes(vectors))) {
    if (best !== undefined && spent > searchBudget) break
    let boxes = singles
    for (const axis of order) {
      spent += boxes.length
      boxes = mergeAlong(boxes, axis)
    }
    if (best === undefined || boxes.length < best.length) best = boxes
  }
  return (best ?? singles).sort(compareBoxes).map(box => box.map(axis => axis.text))
}

function varyingAxes(vectors: readonly (readonly string[])[]): number[] {
  const first = vectors[0] ?? []
  return [...first.keys()].filter(axis => vectors.some(vector => vector[axis] !== first[axis]))
}

/** The last axis first, then each other axis first in turn. */
function ordersOf(axes: readonly number[]): number[][] {
  const backwards = [...axes].reverse()
  return backwards.length === 0 ? [[]] : backwards.map((axis, index) => [axis, ...backwards.toSpliced(index, 1)])
}

function mergeAlong(boxes: readonly Box[], axis: number): Box[] {
  const alike = new Map<string, Box[]>()
  for (const box of boxes) {
    let key = ''
    for (let other = 0; other < box.length; other++) if (other !== axis) key += `${box[other]?.text};`
    const group = alike.get(key)
    if (group) group.push(box)
    else alike.set(key, [box])
  }
  return [...alike.values()].map(group => merged(group, axis))
}

function merged(group: readonly Box[], axis: number): Box {
  const [first = []] = group
  if (group.length === 1) return first
  const numbers = sortNumbers(group.flatMap(box => box[axis]?.numbers ?? []))
  return first.with(axis, { text: foldNumbers(numbers), numbers })
}

/** The largest box first, then by the first number of each axis. */
function compareBoxes(a: Box, b: Box): number {
  return size(b) - size(a) || compareAxes(a, b)
}

const size = (box: Box): number => box.reduce((product, axis) => product * axis.numbers.length, 1)

function compareAxes(a: Box, b: Box): number {
  for (const [index, axis] of a.entries()) {
    const other = b[index]
    if (other === undefined) continue
    const difference = other.numbers.length - axis.numbers.length || compareNumbers(axis.numbers[0] ?? '', other.numbers[0] ?? '')
    if (difference !== 0) return difference
  }
  return 0
}

const compareNumbers = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1)
