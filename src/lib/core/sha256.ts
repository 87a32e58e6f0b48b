import type { Hash } from 'node:crypto'

/** node:crypto costs a tenth of a start, and many runs hash nothing: it is loaded with the first hash. */
export const sha256 = (): Hash => process.getBuiltinModule('node:crypto').createHash('sha256')

/** Of no bytes at all, as hexadecimal digits. */
export const sha256OfNothing = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
