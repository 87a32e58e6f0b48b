import type { Json } from '../../../core/json.ts'
import { type ChangeNode, isMapping, shown } from '../../../plan/file/node.ts'

/**
 * What may stand behind a key of a blackbox configuration. The file is read with every scalar as the text that is written there, since
 * what `1.10` or `yes` means depends on the key.
 */
export interface Field<T> {
  /** Where the key is absent, or nothing stands behind it. */
  readonly absent: T
  /** Undefined where it is wrong, which is noted. */
  read(node: ChangeNode): T | undefined
  /** As people may see it: without secrets. Undefined where there is nothing to tell. */
  tell(value: T): Json | undefined
}

export type Shape = Readonly<Record<string, Field<unknown>>>
export type ValueOf<F> = F extends Field<infer T> ? T : never
export type Values<S extends Shape> = { readonly [K in keyof S]: ValueOf<S[K]> }

export const isNothing = ({ value }: ChangeNode): boolean => value === undefined || value === null || value === ''

/** Keys and values of these names; `noun` says of what, as in `an http probe`. `judge` notes what is wrong with several keys together. */
export function record<S extends Shape>(
  noun: string,
  shape: S,
  judge: (values: Values<S>, node: ChangeNode) => void = () => undefined,
): Field<Values<S>> {
  const known = Object.keys(shape)
  // Every name of the shape is given a value of its own field.
  const valuesBy = (make: (field: Field<unknown>, key: string) => unknown): Values<S> =>
    Object.fromEntries(known.map(key => [key, make(fieldOf(shape, key), key)])) as Values<S>
  const absent = valuesBy(field => field.absent)
  return {
    absent,
    read(node) {
      if (isNothing(node)) return absent
      const members = node.members(noun)
      if (members === undefined) return undefined
      for (const [key, member] of members) {
        if (!Object.hasOwn(shape, key)) member.unknownKey(`unknown key '${key}' in ${noun}`, known)
      }
      let isRight = true
      const values = valuesBy((field, key) => {
        const member = node.child(key)
        if (isNothing(member)) return field.absent
        const value = field.read(member)
        if (value === undefined) isRight = false
        return value ?? field.absent
      })
      if (isRight) judge(values, node)
      return isRight ? values : undefined
    },
    tell(values) {
      const told = known.flatMap(key => {
        const value = fieldOf(shape, key).tell(values[key])
        return value === undefined ? [] : [[key, value] as const]
      })
      return told.length === 0 ? undefined : Object.fromEntries(told)
    },
  }
}

function fieldOf(shape: Shape, key: string): Field<unknown> {
  const field = shape[key]
  if (field === undefined) throw new Error(`there is no field ${key}`)
  return field
}

/** Undefined where the key is absent. */
export const optional = <T>(field: Field<T>): Field<T | undefined> => ({
  absent: undefined,
  read: node => field.read(node),
  tell: value => (value === undefined ? undefined : field.tell(value)),
})

/** All of one kind. */
export const list = <T>(field: Field<T>): Field<readonly T[]> => ({
  absent: [],
  read(node) {
    const entries = node.entries()?.map(entry => field.read(entry))
    return entries?.every(entry => entry !== undefined) ? entries : undefined
  },
  tell: values => (values.length === 0 ? undefined : values.map(value => field.tell(value) ?? null)),
})

/** Values by names that anybody may choose. */
export const mapping = <T>(noun: string, field: Field<T>): Field<ReadonlyMap<string, T>> => ({
  absent: new Map(),
  read(node) {
    if (!isMapping(node.value)) return node.wrong(`${noun} must be keys and values, not ${shown(node.value)}`)
    const found = new Map<string, T>()
    let isRight = true
    for (const [key, member] of node.members(noun) ?? []) {
      const value = isNothing(member) ? field.absent : field.read(member)
      if (value === undefined) isRight = false
      else found.set(key, value)
    }
    return isRight ? found : undefined
  },
  tell(values) {
    if (values.size === 0) return undefined
    return Object.fromEntries([...values].map(([key, value]) => [key, field.tell(value) ?? '']))
  },
})
