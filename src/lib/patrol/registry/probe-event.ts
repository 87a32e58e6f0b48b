import { z } from 'zod'
import { OpsError } from '../../core/errors.ts'
import { ParamsError, parseParams } from '../../core/params.ts'

/** What may happen to a probe from outside. */
export type ProbeEvent =
  | { readonly action: 'put'; readonly name: string /** JSON, or YAML. */; readonly check: string }
  | { readonly action: 'remove' | 'enable' | 'disable'; readonly name: string }
  | { readonly action: 'reload' }

const maxBytes = 256 * 1024

const Action = z.object({ action: z.enum(['put', 'remove', 'enable', 'disable', 'reload']) })
const name = z.string()
const events = {
  put: z.strictObject({
    action: z.literal('put'),
    name,
    check: z.string().refine(text => Buffer.byteLength(text) <= maxBytes, `is larger than ${maxBytes / 1024} KiB`),
  }),
  remove: z.strictObject({ action: z.literal('remove'), name }),
  enable: z.strictObject({ action: z.literal('enable'), name }),
  disable: z.strictObject({ action: z.literal('disable'), name }),
  reload: z.strictObject({ action: z.literal('reload') }),
}

/** The fields of an entry of the stream: `action`, `name`, and `check`. @throws OpsError E_CONFIG */
export function readProbeEvent(fields: Readonly<Record<string, string>>, id: string): ProbeEvent {
  try {
    const { action } = parseParams(Action, fields)
    return parseParams(events[action], fields)
  } catch (cause) {
    if (!(cause instanceof ParamsError)) throw cause
    // A key that is not known says more than that another is missing.
    const { message, hint } = [cause, ...cause.others].find(({ part }) => part === 'key') ?? cause
    throw new OpsError('E_CONFIG', `event ${id}: ${message}`, { cause, ...(hint !== undefined && { hint }) })
  }
}
