import type { Found, Reading } from '../../core/check.ts'
import type { Json } from '../../core/json.ts'
import { defaultName } from '../file/read-check.ts'

/** A check that follows from what a host shows. */
export interface Learned {
  /** Of a component: `port`. */
  readonly type: string
  /** What the file calls it, where that is not its kind and what it looks at. */
  readonly name?: string
  readonly params: Readonly<Record<string, Json>>
  /** Why it is there, one line for people. */
  readonly why: string
  /** P1 when absent. */
  readonly sla?: 'P2'
  /** Of an endpoint that is asked from the host. */
  readonly from?: 'host'
  /** Of a port: where it can be reached from the host itself. */
  readonly reach?: { readonly address: string; readonly port: number }
}

/** What it is called in the end. */
export const nameOf = ({ name, type, params }: Learned): string => name ?? defaultName(type, params)

/** What is learned from some readings, in the order in which it is written. */
export interface Lesson {
  /** Heading in the file. */
  readonly title: string
  readonly readings: readonly Reading[]
  /** Pure. @throws Unseen for what could not be read */
  learn(found: Found): Learnt
}

export interface Learnt {
  readonly checks: readonly Learned[]
  /** What was seen and gives no check, and why. */
  readonly leftOut: readonly string[]
}
