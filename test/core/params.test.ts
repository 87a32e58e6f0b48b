import { describe, expect, test } from 'bun:test'
import { z } from 'zod'
import type { Json } from '../../src/lib/core/json.ts'
import { ParamsError, parseParams } from '../../src/lib/core/params.ts'

const service = z
  .strictObject({
    name: z.string().regex(/^[a-z]+$/, 'is not the name of a service'),
    state: z.enum(['started', 'stopped', 'reloaded']).optional(),
    run: z.union([z.string(), z.array(z.string())]).optional(),
    undo: z.union([z.string(), z.array(z.string())], { error: 'is neither a line nor a list of words' }).optional(),
    port: z.int().min(1).optional(),
    limits: z.strictObject({ files: z.int() }).optional(),
  })
  .refine(({ name, port }) => name !== 'cron' || port === undefined, { error: 'cron has no port' })

function faults(params: Json): readonly ParamsError[] {
  try {
    parseParams(service, params)
  } catch (error) {
    if (error instanceof ParamsError) return [error, ...error.others]
    throw error
  }
  throw new Error('was accepted')
}

describe('a wrong parameter is named with its value, its place and the nearest valid one', () => {
  const wrong: readonly (readonly [params: Json, message: string, path: readonly (string | number)[], hint?: string])[] = [
    [{}, 'name is missing', ['name']],
    ['nginx', 'the parameters: "nginx" is not keys and values', []],
    [{ name: 5 }, 'name: 5 is not a string', ['name'], 'put it in quotes'],
    [{ name: 'a b' }, 'name: "a b" is not the name of a service', ['name']],
    [
      { name: 'n', state: 'reload' },
      'state: "reload" is not one of started, stopped, reloaded',
      ['state'],
      'did you mean reloaded?',
    ],
    [{ name: 'n', run: {} }, 'run: {} is not a string or a list', ['run']],
    [{ name: 'n', run: ['sleep', 5] }, 'run.1: 5 is not a string', ['run', 1], 'put it in quotes'],
    [{ name: 'n', undo: 5 }, 'undo: 5 is neither a line nor a list of words', ['undo']],
    [{ name: 'n', port: 1.5 }, 'port: 1.5 is not a whole number', ['port']],
    [{ name: 'n', port: 0 }, 'port: too small: expected number to be >=1', ['port']],
    [{ name: 'n', limits: { file: 1, files: 1 } }, "there is no 'limits.file' here", ['limits', 'file']],
    [{ name: 'cron', port: 1 }, 'the parameters: cron has no port', []],
  ]
  test.each(wrong.map(each => [each[1], each] as const))('%s', (_, [params, message, path, hint]) => {
    const [first] = faults(params)
    expect({ message: first?.message, path: first?.path, hint: first?.hint }).toEqual({ message, path, hint })
  })
})

test('all wrong parameters are told, and where a key itself is wrong', () => {
  const found = faults({ nmae: 'nginx', state: 'up', colour: 'red' })
  expect(found.map(({ message, part, hint }) => [message, part, hint])).toEqual([
    ['name is missing', 'value', undefined],
    ['state: "up" is not one of started, stopped, reloaded', 'value', undefined],
    ["there is no 'nmae' here", 'key', 'did you mean name?'],
    ["there is no 'colour' here", 'key', 'there are name, state, run, undo, port, limits'],
  ])
})
