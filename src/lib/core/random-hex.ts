/** So many random bytes, good enough for names that nobody may guess, as hexadecimal digits. node:crypto would cost a tenth of a start. */
export const randomHex = (bytes: number): string => crypto.getRandomValues(Buffer.alloc(bytes)).toString('hex')
