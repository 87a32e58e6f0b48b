import { outcomes, reasons, verdicts } from '../core/item.ts'
import type { Json } from '../core/json.ts'

const text = { type: 'string' } as const
const count = { type: 'integer', minimum: 0 } as const
const moment = { type: 'string', format: 'date-time', description: 'RFC 3339, UTC' } as const
const duration = { type: 'number', minimum: 0, description: 'milliseconds' } as const
const exit = { type: 'integer', minimum: 0, maximum: 255, description: 'see `opsctl explain exit-codes`' } as const

const counted = (keys: readonly string[]) =>
  ({
    type: 'object',
    properties: Object.fromEntries(keys.map(key => [key, count])),
    description: 'a key that is absent counts 0',
  }) as const

const output = {
  type: 'object',
  required: ['text', 'bytes', 'sha256', 'truncated'],
  properties: {
    text: { type: 'string', description: 'at most 1 MiB from the start; bytes that are not UTF-8 as U+FFFD' },
    bytes: { ...count, description: 'of all that arrived' },
    sha256: { type: 'string', pattern: '^[0-9a-f]{64}$', description: 'of all that arrived' },
    truncated: { type: 'boolean', description: 'true when text is not all of it' },
    file: { type: 'string', description: 'where all of it is kept' },
  },
} as const

const item = {
  type: 'object',
  description: 'one judged or executed thing on one target',
  required: ['path', 'name', 'startedAt', 'durationMs'],
  properties: {
    path: { type: 'string', description: 'wave/host/step/attempt, as far as they apply' },
    host: text,
    name: text,
    verdict: { enum: verdicts, description: 'of a check' },
    outcome: { enum: outcomes, description: 'of a step' },
    reason: { enum: Object.keys(reasons), description: 'why it is not ok; see `opsctl explain reasons`' },
    message: text,
    labels: { type: 'object', additionalProperties: text },
    severity: { enum: ['info', 'warning', 'critical'] },
    rollbackable: { type: 'boolean' },
    startedAt: moment,
    durationMs: duration,
    metrics: { type: 'object', additionalProperties: { type: ['number', 'null'] } },
    output: {
      type: 'object',
      properties: { stdout: { $ref: '#/$defs/output' }, stderr: { $ref: '#/$defs/output' } },
    },
    data: {
      type: 'object',
      additionalProperties: true,
      description: 'what the command knows besides: exitCode (null where unknown), signal',
    },
  },
} as const

const block = {
  type: 'object',
  description: 'targets whose output is the same',
  required: ['title', 'hosts', 'outcome', 'body'],
  properties: {
    title: text,
    hosts: { type: 'array', items: text },
    outcome: { enum: outcomes },
    body: { type: 'array', items: { $ref: '#/$defs/output' } },
    diff: { type: 'string', description: 'a unified diff against the largest block' },
  },
} as const

const span = {
  type: 'object',
  description: 'a bar of a timeline; nothing that happened is replaced by what came later',
  required: ['group', 'row', 'name', 'startedAt', 'durationMs'],
  properties: {
    group: { type: 'string', description: 'rows that stand together: a wave, a phase' },
    row: { type: 'string', description: 'a host' },
    name: text,
    startedAt: moment,
    durationMs: duration,
    outcome: { enum: outcomes },
    verdict: { enum: verdicts },
    message: text,
  },
} as const

/**
 * JSON Schema (2020-12) of what `-o json` and `-o yaml` print. Additive: later versions may add keys, so readers ignore those they
 * do not know. A line of ndjson is `#/$defs/item` with `type: item`, the last one this object without `items`, `omitted` and the
 * timeline, with `type: summary`.
 */
export const reportSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'opsctl report, version 1',
  type: 'object',
  required: ['kind', 'version', 'runId', 'title', 'startedAt', 'durationMs', 'exitCode', 'counts', 'items', 'omitted', 'changed'],
  properties: {
    kind: { type: 'string', description: 'the command' },
    version: { const: 1 },
    runId: text,
    title: text,
    startedAt: moment,
    durationMs: duration,
    exitCode: exit,
    counts: {
      type: 'object',
      required: ['total', 'byOutcome', 'byVerdict', 'byReason'],
      properties: {
        total: count,
        byOutcome: counted(outcomes),
        byVerdict: counted(verdicts),
        byReason: counted(Object.keys(reasons)),
      },
    },
    items: { type: 'array', items: { $ref: '#/$defs/item' } },
    omitted: { ...count, description: 'items that were counted but are not listed' },
    changed: { type: 'boolean' },
    blocks: { type: 'array', items: { $ref: '#/$defs/block' } },
    timeline: {
      type: 'array',
      items: { $ref: '#/$defs/span' },
      description: 'what happened when, in the order in which it began',
    },
    omittedSpans: { ...count, description: 'bars that are not in the timeline; absent for none' },
    data: { type: 'object', additionalProperties: true },
    stopped: {
      type: 'object',
      description: 'set when the run was cut short',
      required: ['exit', 'message'],
      properties: { exit, message: text },
    },
  },
  $defs: { item, output, block, span },
} as const satisfies Json
