import type { CheckSpec } from '../core/check.ts'

/** What is judged of a machine of which nothing is said. */
export const thisMachine: readonly CheckSpec[] = []
