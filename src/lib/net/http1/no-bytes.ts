/** For whoever holds nothing yet: an empty array of its own would cost each exchange a visit of the collector. */
export const noBytes: Buffer = Buffer.alloc(0)
