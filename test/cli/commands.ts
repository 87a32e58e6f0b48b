import { z } from 'zod'
import { defineCommand } from '../../src/lib/core/command.ts'
import { OpsError } from '../../src/lib/core/errors.ts'
import { durationField } from '../../src/lib/core/fields.ts'
import type { Item } from '../../src/lib/core/item.ts'
import type { Json } from '../../src/lib/core/json.ts'
import { type Document, type Report, ReportFold } from '../../src/lib/core/report.ts'

/** A text with its data. */
export const documentOf = (data: Json, text = 'done\n'): Document => ({ mime: 'text/plain', text, data })

/** Prints its input: every kind of flag. */
export const restart = defineCommand({
  path: ['restart'],
  summary: 'restart a service',
  description: 'Waits until it answers.',
  input: z.strictObject({
    service: z.string().meta({ positional: true, value: 'SERVICE', description: 'the unit' }),
    host: z.array(z.string()).default([]).meta({ short: 't', value: 'HOST', description: 'where' }),
    wait: durationField().prefault('10s').meta({ value: 'TIME', description: 'for its answer' }),
    tries: z.int().min(1).max(5).default(3).meta({ short: 'n', value: 'N', description: 'how often' }),
    mode: z.enum(['reload', 'restart', 'stop']).default('restart').meta({ value: 'MODE', description: 'how' }),
    force: z.boolean().default(false).meta({ short: 'f', description: 'without a look' }),
    check: z.boolean().default(true).meta({ description: 'look first' }),
    tokenFile: z.string().optional().meta({ value: 'FILE', completes: 'files', description: 'file with the token' }),
    once: z.string().optional().meta({ value: 'WORD', commandLineOnly: true, description: 'this time only' }),
  }),
  exits: [0, 2],
  examples: [{ line: 'restart nginx -t web1', does: 'one service on one host' }],
  run: async (_context, input) => documentOf(JSON.parse(JSON.stringify(input))),
})

/** Takes everything behind its flags as it is. */
export const remote = defineCommand({
  path: ['remote'],
  summary: 'run something',
  input: z.strictObject({
    command: z.array(z.string()).default([]).meta({ positional: true, value: 'COMMAND', description: 'what' }),
    host: z.array(z.string()).default([]).meta({ short: 't', value: 'HOST', description: 'where' }),
  }),
  passThrough: true,
  exits: [0, 1],
  examples: [{ line: 'remote -t web1 -- uptime', does: 'on one host' }],
  run: async (_context, input) => documentOf(input),
})

export const poolAdd = defineCommand({
  path: ['pool', 'add'],
  summary: 'put a host into the pool',
  input: z.strictObject({ host: z.string().meta({ positional: true, value: 'HOST', description: 'which' }) }),
  exits: [0],
  examples: [{ line: 'pool add web1', does: 'one host' }],
  run: async (_context, input) => documentOf(input),
})

export const poolList = defineCommand({
  path: ['pool', 'list'],
  summary: 'show the pool',
  input: z.strictObject({}),
  exits: [0],
  examples: [{ line: 'pool list', does: 'all of it' }],
  run: async () => documentOf([]),
})

/** Ends as its argument says. */
export const end = defineCommand({
  path: ['end'],
  summary: 'end in some way',
  input: z.strictObject({
    how: z
      .enum(['report', 'stream', 'ops-error', 'problems', 'error', 'text', 'never', 'patient'])
      .meta({ positional: true, value: 'HOW', description: 'the way' }),
  }),
  exits: [0, 1, 70, 77],
  examples: [{ line: 'end report', does: 'with a report' }],
  run: async (context, { how }) => {
    if (how === 'ops-error') {
      throw new OpsError('E_AUTH', 'web1: every key was refused', {
        hint: 'ssh-add the key',
        data: { host: 'web1', password: 'hunter2' },
        cause: new Error('publickey denied'),
      })
    }
    if (how === 'problems') {
      const problems = [
        { message: "change.yaml:2:1: unknown key 'wave' in a change", hint: 'did you mean waves?' },
        { message: "change.yaml:5:5: there is no step kind 'rnu'", hint: 'did you mean run?' },
        { message: 'change.yaml:9:9: id is empty' },
      ]
      throw new OpsError('E_PLAN', problems[0]?.message ?? '', { hint: 'did you mean waves?', data: { problems, omitted: 2 } })
    }
    if (how === 'error') throw new TypeError('x is not a function', { cause: new Error('the real reason') })
    if (how === 'text') throw 'just words'
    if (how === 'never') await new Promise(() => {})
    if (how === 'patient') {
      const forget = context.onInterrupt(() => 'web1: restarting for 3s')
      await new Promise(resolve => context.signal.addEventListener('abort', resolve, { once: true }))
      forget()
      throw context.signal.reason
    }
    if (how === 'stream') return { bytes: pieces() }
    return report([{ outcome: 'ok' }, { outcome: 'failed', reason: 'exit', message: 'exit status 3' }])
  },
})

async function* pieces(): AsyncIterable<Uint8Array> {
  for (const piece of ['one ', 'two ', 'three\n']) yield new TextEncoder().encode(piece)
}

export function report(items: readonly Partial<Item>[]): Report {
  const fold = new ReportFold()
  for (const [index, item] of items.entries()) {
    fold.add({
      path: `web${index + 1}`,
      host: `web${index + 1}`,
      name: 'end',
      startedAt: '2026-03-29T01:30:00.000Z',
      durationMs: 12,
      ...item,
    })
  }
  return {
    kind: 'end',
    version: 1,
    runId: '20260329T013000-8000',
    title: 'end report',
    startedAt: '2026-03-29T01:30:00.000Z',
    durationMs: 40,
    counts: fold.counts,
    items: fold.items(),
    omitted: 0,
    changed: false,
  }
}

export const commands = [restart, remote, poolAdd, poolList, end]
