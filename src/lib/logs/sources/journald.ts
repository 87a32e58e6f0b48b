import { z } from 'zod'
import { defineSource } from '../../core/component.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { parseParams } from '../../core/params.ts'
import { readJournal } from './journald/read-journal.ts'

const word = z.string().regex(/^[^-\0][^\0]*$/, 'does not begin with a dash')
const params = z.strictObject({
  units: z.array(word).default([]).describe('of these units only: nginx.service, ssh*'),
  match: z
    .array(z.string().regex(/^(?:[A-Z_][A-Z0-9_]*=[^\0]*|\+)$/, 'is no FIELD=value'))
    .default([])
    .describe('FIELD=value as journalctl has them; + is or'),
  boot: z
    .string()
    .regex(/^(?:[-+]?\d{1,6}|[0-9a-f]{32}(?:[-+]\d{1,6})?)$/, 'is no number or id of a boot')
    .optional()
    .describe('0: this boot only; -1: the one before'),
  priority: z
    .string()
    .regex(/^(?:[0-7]|[a-z]{3,7})(?:\.\.(?:[0-7]|[a-z]{3,7}))?$/, 'is no priority')
    .optional()
    .describe('this one and what is graver: warning, 4, emerg..err'),
  start: z.enum(['beginning', 'end']).default('beginning').describe('where a journal is begun'),
  fields: z.enum(['useful', 'all']).default('useful').describe('all: what has no name of ours is in journal, by its own'),
  directory: z.string().min(1).optional().describe('of journal files, in place of those of this machine'),
  file: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .transform(each => [each].flat())
    .optional()
    .describe('journal files, in place of those of this machine'),
})

export default defineSource({
  type: 'journald',
  version: '1.0.0',
  summary: 'the journal of systemd, by journalctl',
  stability: 'experimental',
  schema: jsonSchemaOf(params),
  example: { units: ['nginx.service'], start: 'end' },
  build(config) {
    const { units, match, boot, priority, start, fields, directory, file } = parseParams(params, config)
    const settings = {
      ...{ units, match, start, allFields: fields === 'all', files: file ?? [] },
      ...(boot !== undefined && { boot }),
      ...(priority !== undefined && { priority }),
      ...(directory !== undefined && { directory }),
    }
    const title = ['the journal', ...units, ...match].join(' ')
    return { title, isReplayable: true, usualFormat: 'json', read: place => readJournal(place, settings) }
  },
})
