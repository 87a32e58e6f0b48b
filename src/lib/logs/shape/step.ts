import type { FileNode } from '../../core/file-node.ts'
import type { RecordsOrigin, ShapePlan } from '../pipeline/stages.ts'
import type { Draft } from './draft.ts'

/** Which record it is: with the same origin and number everything made up for it is the same. */
export interface DraftPlace {
  readonly origin: RecordsOrigin
  /** In its chunk, from 0. */
  readonly number: number
}

/** A record that goes no further. Absent reason: left out on purpose. */
export interface Ended {
  readonly stage: string
  readonly reason?: string
}

/** One step of shaping. */
export interface Step {
  /** It may end records. A dead one goes through the steps behind it all the same, but for those of this kind, so that nothing stays unmasked. */
  readonly decides: boolean
  /** Changes the record, or says that it ends here. */
  apply(draft: Draft, place: DraftPlace): Ended | undefined
}

export type ShapePlace = Parameters<ShapePlan['open']>[0]

/** A step as the file says, checked; opened when secrets may be read. */
export type StepPlan = (place: ShapePlace) => Step | Promise<Step>

/** Reads what stands behind the key of a step. Undefined where something is wrong, which is noted. */
export type ReadStep = (node: FileNode) => StepPlan | undefined

export const filtered: Ended = { stage: 'filter' }

/** A step that only changes. */
export const changing = (change: (draft: Draft, place: DraftPlace) => void): Step => ({
  decides: false,
  apply(draft, place) {
    change(draft, place)
    return undefined
  },
})
