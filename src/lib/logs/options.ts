import { z } from 'zod'
import { sizeField } from '../core/fields.ts'

/** Flags of `opsctl ship-logs`. */
export const shipOptions = z.strictObject({
  file: z.array(z.string()).default([]).meta({
    positional: true,
    value: 'FILE',
    completes: 'files',
    description: 'logs, gzip and zstd too; stdin without any, and for -',
  }),
  pipeline: z.string().optional().meta({
    short: 'f',
    value: 'FILE',
    completes: 'files',
    description: 'the pipeline: what to read, and where to deliver it (YAML)',
  }),
  follow: z.boolean().default(false).meta({ description: 'go on at the end, until it is told to stop' }),
  format: z.string().default('auto').meta({
    value: 'FORMAT',
    description:
      "how lines are written: json, logfmt, combined, common, combined-time, combinedio, vhost-combined, syslog, cri, docker, klog, csv, text, nginx:'$log_format', apache:'%h %l …', csv:a,b,c, regex:'(?P<name>…)'; auto finds it out from the first lines of each file",
  }),
  maxLine: sizeField().prefault('1MiB').meta({ value: 'SIZE', description: 'longest line' }),
  longLines: z
    .enum(['cut', 'split'])
    .default('cut')
    .meta({ value: 'HOW', description: 'a longer line is cut and told as one that does not fit, or taken as several' }),
})

export type ShipOptions = z.output<typeof shipOptions>

const pipeline = z
  .string()
  .meta({ positional: true, value: 'PIPELINE', completes: 'files', description: 'the file of the pipeline (YAML)' })

/** Flags of `opsctl ship-logs lint` and `status`. */
export const shipLintOptions = z.strictObject({ pipeline })
export const shipStatusOptions = z.strictObject({ pipeline })
