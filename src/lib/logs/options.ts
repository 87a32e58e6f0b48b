import { z } from 'zod'
import { parseDuration } from '../core/duration.ts'
import { OpsError } from '../core/errors.ts'
import { durationField, parsedBy, sizeField } from '../core/fields.ts'
import { fleetOptions } from '../fleet/index.ts'
import { type ServerFlags, serverFields } from '../net/server/server-fields.ts'
import { parseFilter } from './shape/index.ts'

// Reading goes on for as long as there is something, and hosts do not wait for each other.
const { timeout: _timeout, idleTimeout: _idleTimeout, maxFail: _maxFail, ...fleetFlags } = fleetOptions

/** Flags of `opsctl ship-logs`. */
export const shipOptions = z.strictObject({
  file: z.array(z.string()).default([]).meta({
    positional: true,
    value: 'FILE',
    completes: 'files',
    description:
      'logs, gzip and zstd too; stdin without any, and for -; with -t files of the hosts, * and ? are understood there',
  }),
  pipeline: z.string().optional().meta({
    short: 'f',
    value: 'FILE',
    completes: 'files',
    description: 'the pipeline: what to read, and where to deliver it (YAML)',
  }),
  follow: z.boolean().default(false).meta({ description: 'go on at the end, over rotations, until it is told to stop' }),
  start: z
    .enum(['beginning', 'end'])
    .default('beginning')
    .meta({ value: 'WHERE', description: 'where files are begun that are followed, or are on hosts' }),
  format: z.string().default('auto').meta({
    value: 'FORMAT',
    description:
      "how lines are written: json, logfmt, combined, common, combined-time, nginx-main, ingress-nginx, combinedio, vhost-combined, syslog, cri, docker, klog, csv, text, nginx:'$log_format', apache:'%h %l …', csv:a,b,c, regex:'(?P<name>…)', grok:'%{IP:client} …'; auto finds it out from the first lines of each file",
  }),
  maxLine: sizeField().prefault('1MiB').meta({ value: 'SIZE', description: 'longest line' }),
  longLines: z
    .enum(['cut', 'split'])
    .default('cut')
    .meta({ value: 'HOW', description: 'a longer line is cut and told as one that does not fit, or taken as several' }),
  ...fleetFlags,
  listen: z.array(z.string()).default([]).meta({
    value: 'ADDR',
    group: 'Server',
    description:
      'with -f: answer /metrics and /health at HOST:PORT or unix:/PATH; may be repeated. Anything but loopback needs TLS',
  }),
  ...serverFields,
  clientCa: z.string().optional().meta({
    value: 'FILE',
    group: 'Server',
    completes: 'files',
    description: 'authority of client certificates (PEM): who shows none of it gets no answer',
  }),
  readTokenFile: z.string().optional().meta({
    value: 'FILE',
    group: 'Server',
    completes: 'files',
    description: 'tokens, one a line, without which nobody gets an answer',
  }),
  unhealthyAfter: durationField().prefault('1m').meta({
    value: 'TIME',
    group: 'Server',
    description: '/health is 503 when a sink or a source has failed for so long',
  }),
})

/** Those of `opsctl ship-logs` that say where and how it answers. */
export interface LogServerFlags extends ServerFlags {
  /** Milliseconds. */
  readonly unhealthyAfter: number
}

export type ShipOptions = z.output<typeof shipOptions>

const pipeline = z
  .string()
  .meta({ positional: true, value: 'PIPELINE', completes: 'files', description: 'the file of the pipeline (YAML)' })

/** Flags of `opsctl ship-logs lint` and `status`. */
export const shipLintOptions = z.strictObject({ pipeline })
export const shipStatusOptions = z.strictObject({ pipeline })

/** A moment, or how long ago. */
export type Since = { readonly at: number } | { readonly agoMs: number }

function parseSince(text: string): Since {
  if (!/^\d{4}-/.test(text)) return { agoMs: parseDuration(text) }
  const at = Date.parse(text)
  if (Number.isNaN(at))
    throw new OpsError('E_USAGE', `${text} is no time`, { hint: 'write 2026-11-23T03:15:00Z, or 1h for the last hour' })
  return { at }
}

/** Which dead letters are meant. */
const letterChoice = {
  sink: z.string().optional().meta({ value: 'SINK', completes: 'none', description: 'letters that this sink refused' }),
  source: z.string().optional().meta({ value: 'SOURCE', completes: 'none', description: 'records that this source read' }),
  stage: z
    .string()
    .optional()
    .meta({ value: 'STAGE', completes: 'none', description: 'where they died: sink, schema, or another stage' }),
  reason: z
    .string()
    .optional()
    .meta({ value: 'TEXT', completes: 'none', description: 'letters whose reason has this text in it' }),
  since: z
    .string()
    .transform(parsedBy(parseSince))
    .optional()
    .meta({ value: 'TIME', completes: 'none', description: 'that died since then: 1h ago, or 2026-11-23T03:15:00Z' }),
}

export interface LetterChoice {
  readonly sink?: string | undefined
  readonly source?: string | undefined
  readonly stage?: string | undefined
  readonly reason?: string | undefined
  readonly since?: Since | undefined
}

/** Flags of `opsctl ship-logs dlq list` and `dlq replay`. */
export const dlqListOptions = z.strictObject({
  pipeline,
  ...letterChoice,
  limit: z.int().min(1).default(100).meta({ value: 'N', description: 'so many of the newest; -o json has as many' }),
})
export const dlqReplayOptions = z.strictObject({
  pipeline,
  ...letterChoice,
  deadline: durationField().prefault('1m').meta({ value: 'TIME', description: 'what no sink took by then stays a dead letter' }),
  dryRun: z
    .boolean()
    .default(false)
    .meta({ short: 'n', commandLineOnly: true, description: 'only tell how many would be offered to whom' }),
})

export type DlqListOptions = z.output<typeof dlqListOptions>
export type DlqReplayOptions = z.output<typeof dlqReplayOptions>

/** Flags of `opsctl ship-logs test`. */
export const shipTestOptions = z.strictObject({
  pipeline,
  sample: z
    .string()
    .optional()
    .meta({ value: 'FILE', completes: 'files', description: 'show what would come of the first lines of this file instead' }),
  source: z
    .string()
    .optional()
    .meta({ value: 'NAME', completes: 'none', description: 'tests of this source only; whose file the sample is like' }),
  limit: z.int().min(1).default(10).meta({ value: 'N', description: 'so many records of the sample are shown' }),
})

export type ShipTestOptions = z.output<typeof shipTestOptions>

function parseRate(text: string): number {
  const [, count] = /^(\d{1,7})(?:\/s)?$/.exec(text) ?? []
  if (count === undefined || Number(count) === 0) throw new OpsError('E_USAGE', `${text} is no rate`, { hint: 'write 100/s' })
  return Number(count)
}

/** Flags of `opsctl ship-logs tap`. */
export const tapOptions = z.strictObject({
  pipeline: z.string().meta({
    short: 'f',
    value: 'FILE',
    completes: 'files',
    description: 'the file of the pipeline that runs (YAML)',
  }),
  stage: z.string().default('shaped').meta({
    value: 'STAGE',
    completes: 'none',
    description: 'where to look: read (lines), parsed (records), shaped, or the name of a sink. Before shaped nothing is masked',
  }),
  source: z.string().optional().meta({ value: 'NAME', completes: 'none', description: 'records of this source alone' }),
  where: z
    .string()
    .transform(parsedBy(parseFilter))
    .optional()
    .meta({ value: 'CEL', completes: 'none', description: 'records of which this holds: status >= 500' }),
  rate: z
    .string()
    .transform(parsedBy(parseRate))
    .optional()
    .meta({ value: 'N/s', completes: 'none', description: 'no more than so many records a second; the others are counted' }),
  limit: z.int().min(1).optional().meta({ value: 'N', description: 'end behind so many records' }),
})

export type TapOptions = z.output<typeof tapOptions>
