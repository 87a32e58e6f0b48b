import { ownNumbers } from './own-numbers.ts'

/** The first of so many blocks of four addresses of 198.18.0.0/16 that no other test takes at the same time. */
export const cableNumber = ownNumbers(2 ** 14)
