import { z } from 'zod'
import { alertSeverities } from '../../core/alert.ts'
import { OpsError } from '../../core/errors.ts'
import { parsedBy } from '../../core/fields.ts'

const alerts = z.string().meta({ value: 'FILE', completes: 'files', description: 'channels and routes (YAML)' })

const labelForm = /^([A-Za-z_][A-Za-z0-9_.-]*)=([\s\S]*)$/

function parseLabel(text: string): readonly [string, string] {
  const [, name, value = ''] = labelForm.exec(text) ?? []
  if (name !== undefined) return [name, value]
  throw new OpsError('E_USAGE', `'${text}' is no label`, { hint: 'write team=shop' })
}

/** Flags of `opsctl probe routes test`. */
export const probeRoutesTestOptions = z.strictObject({
  label: z
    .array(z.string().transform(parsedBy(parseLabel)))
    .default([])
    .meta({
      positional: true,
      value: 'LABEL=VALUE',
      completes: 'none',
      description: 'labels of the alert',
    }),
  severity: z.enum(alertSeverities).default('critical').meta({ value: 'S', description: 'of the alert' }),
  reason: z.string().optional().meta({ value: 'REASON', description: 'of the alert, as `opsctl explain reasons` lists them' }),
  alerts,
})
export type ProbeRoutesTestOptions = z.output<typeof probeRoutesTestOptions>

/** Flags of `opsctl probe alerts test`. */
export const probeAlertsTestOptions = z.strictObject({
  channel: z.string().meta({ positional: true, value: 'CHANNEL', completes: 'none', description: 'its name in the file' }),
  severity: z.enum(alertSeverities).default('info').meta({ value: 'S', description: 'of the alert' }),
  alerts,
})
export type ProbeAlertsTestOptions = z.output<typeof probeAlertsTestOptions>
