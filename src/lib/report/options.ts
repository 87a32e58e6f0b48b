import { z } from 'zod'

/** Flags of `opsctl report merge`. */
export const mergeOptions = z.strictObject({
  file: z
    .array(z.string())
    .min(1)
    .meta({ positional: true, value: 'FILE', completes: 'files', description: 'reports that -o json=FILE wrote' }),
})
