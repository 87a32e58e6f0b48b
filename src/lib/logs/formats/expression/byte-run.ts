import { either, type Go, type Step } from '../../../core/pattern-compiler.ts'
import type { ByteMachine } from './byte-machine.ts'
import { doubtful, firstOfSet, isApart, isWithinChar, widthOf } from './byte-set.ts'

/** A repetition of characters of a set. */
interface Run {
  /** Of byte-set.ts. */
  readonly table: Uint8Array
  readonly least: number
  readonly most: number
  readonly isLazy: boolean
  /** It is all of the group with this number. */
  readonly group?: number
}

interface RunPlace {
  readonly machine: ByteMachine
  readonly next: Step
}

/** Goes on behind it, `from` being where it begins. */
type Reach = (to: number, from: number) => boolean

export function runStep(run: Run, { machine, next }: RunPlace): Step {
  const { table, least, most, isLazy, group } = run
  const reach = group === undefined ? next.go : captured(group, { machine, next })
  const first = firstOfSet(table)
  const { first: behind } = next
  const isFree = least <= 1 && !Number.isFinite(most)
  const isOneWay = isApart(first, behind)
  return {
    first: least > 0 ? first : either([first, behind]),
    go:
      isFree && isOneWay
        ? oneWay(run, { machine, reach })
        : isLazy
          ? fewest(run, { machine, reach, behind })
          : greatest(run, { machine, reach, behind }),
  }
}

function captured(group: number, { machine: { places }, next }: RunPlace): Reach {
  const [begin, end] = [2 * group, 2 * group + 1]
  return (to, from) => {
    const [oldBegin, oldEnd] = [places[begin] as number, places[end] as number]
    places[begin] = from
    places[end] = to
    if (next.go(to)) return true
    places[begin] = oldBegin
    places[end] = oldEnd
    return false
  }
}

/** Nothing of it can begin what is behind: it goes as far as it can, and there is no other way. */
function oneWay({ table, least }: Run, { machine, reach }: { readonly machine: ByteMachine; readonly reach: Reach }): Go {
  return at => {
    const { input, end } = machine
    let to = at
    while (table[input[to] as number] === 1) to++
    if (to > end) to = end
    else if (table[input[to] as number] === doubtful) machine.isInDoubt = true
    machine.spend(to - at)
    return to - at >= least && reach(to, at)
  }
}

interface Ways {
  readonly machine: ByteMachine
  readonly reach: Reach
  /** What must come behind it. */
  readonly behind: Uint8Array | undefined
}

function greatest({ table, least, most }: Run, { machine, reach, behind }: Ways): Go {
  return at => {
    const { input, end } = machine
    let to = at
    let shortest = least === 0 ? at : -1
    for (let count = 0; count < most && to < end && table[input[to] as number] === 1; ) {
      to += widthOf(input[to] as number)
      if (++count === least) shortest = to
    }
    if (to < end && table[input[to] as number] === doubtful) machine.isInDoubt = true
    machine.spend(to - at)
    if (shortest === -1) return false
    for (; to >= shortest; to--) {
      const byte = input[to] as number
      if (isWithinChar(byte) || (behind !== undefined && behind[byte] !== 1)) continue
      machine.spend(1)
      if (reach(to, at)) return true
    }
    return false
  }
}

function fewest({ table, least, most }: Run, { machine, reach, behind }: Ways): Go {
  return at => {
    const { input, end } = machine
    let to = at
    for (let count = 0; ; count++) {
      const byte = input[to] as number
      if (count >= least && (behind === undefined || behind[byte] === 1)) {
        machine.spend(1)
        if (reach(to, at)) return true
      }
      if (count >= most || to >= end) return false
      const kind = table[byte]
      if (kind === doubtful) machine.isInDoubt = true
      if (kind !== 1) return false
      machine.spend(1)
      to += widthOf(byte)
    }
  }
}
