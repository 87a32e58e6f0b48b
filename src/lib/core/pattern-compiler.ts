import { isEmptiable, type PatternNode } from './pattern-tree.ts'

/** Whether all behind a place fits; groups are set then. */
export type Go = (at: number) => boolean

export interface Step {
  readonly go: Go
  /** 1 for what may come next for it to fit, by the machine's own numbers; absent where nothing has to come. */
  readonly first?: Uint8Array | undefined
}

/** How many steps a machine may take yet: no input keeps it busy for long. */
export class StepBudget {
  #left = 0

  renew(steps: number): void {
    this.#left = steps
  }

  /** @throws GaveUp */
  spend(steps: number): void {
    this.#left -= steps
    if (this.#left < 0) throw new GaveUp()
  }
}

export class GaveUp extends Error {}

/** The expression, or its size, is beyond the machine. */
export class UnknownPattern extends Error {}

/** What one of them or another may begin with. */
export function either(firsts: readonly (Uint8Array | undefined)[]): Uint8Array | undefined {
  let union: Uint8Array | undefined
  for (const first of firsts) {
    if (first === undefined) return undefined
    union ??= new Uint8Array(first.length)
    for (const [kind, isIn] of first.entries()) if (isIn === 1) union[kind] = 1
  }
  return union
}

type NodeOf<K extends PatternNode['kind']> = Extract<PatternNode, { kind: K }>

/** A repetition of the characters of one set. */
export type SetRun = NodeOf<'repeat'> & { readonly item: NodeOf<'set'> }

const maxSteps = 5000
const maxCopies = 20

/** Makes functions of the parts of an expression, from its end to its beginning; how they look at characters is each machine's own. */
export abstract class PatternCompiler<M extends StepBudget> {
  protected readonly machine: M
  #made = 0

  constructor(machine: M) {
    this.machine = machine
  }

  /** @throws UnknownPattern */
  compile(node: PatternNode, next: Step): Step {
    if (++this.#made > maxSteps) throw new UnknownPattern()
    switch (node.kind) {
      case 'set':
        return this.set(node, next)
      case 'begin':
        return this.begin(next)
      case 'end':
        return this.end(next)
      case 'boundary':
        return this.boundary(node.isNegated, next)
      case 'group':
        return this.group(node, next)
      case 'sequence':
        return this.sequence(node.items, next)
      case 'branches':
        return this.branches(node.items.map(item => this.compile(item, next)))
      case 'repeat':
        return isRun(node) ? this.run(node, next) : this.#repeated(node, next)
    }
  }

  protected abstract set(node: NodeOf<'set'>, next: Step): Step
  protected abstract begin(next: Step): Step
  protected abstract end(next: Step): Step
  protected abstract boundary(isNegated: boolean, next: Step): Step
  protected abstract group(node: NodeOf<'group'>, next: Step): Step
  /** One after the other, as they stand. */
  protected abstract branches(steps: readonly Step[]): Step
  protected abstract run(node: SetRun, next: Step): Step

  protected sequence(items: readonly PatternNode[], next: Step): Step {
    return items.reduceRight((behind, item) => this.compile(item, behind), next)
  }

  #repeated({ item, least, most, isLazy }: NodeOf<'repeat'>, next: Step): Step {
    if ((isEmptiable(item) && most > 1) || least > maxCopies || (Number.isFinite(most) && most > maxCopies))
      throw new UnknownPattern()
    let behind = next
    if (Number.isFinite(most))
      for (let count = least; count < most; count++) behind = this.#optional(item, { isLazy, behind, next })
    else behind = this.#loop(item, { isLazy, next })
    for (let count = 0; count < least; count++) behind = this.compile(item, behind)
    return behind
  }

  /** `item` and what is behind it, or what is behind all. */
  #optional(
    item: PatternNode,
    { isLazy, behind, next }: { readonly isLazy: boolean; readonly behind: Step; readonly next: Step },
  ): Step {
    const { machine } = this
    const inner = this.compile(item, behind)
    const [one, other] = isLazy ? [next, inner] : [inner, next]
    return {
      first: either([inner.first, next.first]),
      go: at => {
        machine.spend(1)
        return one.go(at) || other.go(at)
      },
    }
  }

  #loop(item: PatternNode, { isLazy, next }: { readonly isLazy: boolean; readonly next: Step }): Step {
    const { machine } = this
    let inner: Step = next
    const go: Go = at => {
      machine.spend(1)
      return isLazy ? next.go(at) || inner.go(at) : inner.go(at) || next.go(at)
    }
    inner = this.compile(item, { go })
    return { go, first: either([inner.first, next.first]) }
  }
}

const isRun = (node: NodeOf<'repeat'>): node is SetRun => node.item.kind === 'set'
