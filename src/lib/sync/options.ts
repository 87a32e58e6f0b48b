import { z } from 'zod'
import { durationField } from '../core/fields.ts'
import { fleetOptions } from '../fleet/index.ts'

const { timeout: _t, idleTimeout: _i, ...fleet } = fleetOptions

const file = z.string().default('sync.yaml').meta({
  short: 'f',
  value: 'FILE',
  group: 'Configuration',
  completes: 'files',
  commandLineOnly: true,
  description: 'the sync file: which configuration goes where',
})

const maxStale = durationField().optional().meta({
  value: 'TIME',
  group: 'Configuration',
  description: 'where the source can not be reached: use its snapshot only when it is not older',
})

/** Flags of every verb of `opsctl sync-config`. */
export const syncOptions = z.strictObject({ file, maxStale, ...fleet })
export type SyncOptions = z.output<typeof syncOptions>

/** Flags of the verbs that show what would be changed. */
export const previewOptions = z.strictObject({
  ...syncOptions.shape,
  detailedExitCode: z.boolean().default(false).meta({
    group: 'Configuration',
    commandLineOnly: true,
    description: 'exit with 4 when something would be changed, with 0 when nothing would',
  }),
})
export type PreviewOptions = z.output<typeof previewOptions>

/** Flags of the verbs that ask no source. */
export const recordedOptions = z.strictObject({ file, ...fleet })
export type RecordedOptions = z.output<typeof recordedOptions>
