import { z } from 'zod'
import { type Component, defineCheck, defineStep } from '../../../src/lib/core/component.ts'
import type { Json } from '../../../src/lib/core/json.ts'
import { parseParams } from '../../../src/lib/core/params.ts'
import type { StepKind } from '../../../src/lib/core/plan.ts'
import type { ChangeComponents, ChangeKind } from '../../../src/lib/plan/file/components.ts'

const line = z.union([z.string().min(1), z.array(z.string()).min(1)])

/** Parameters like those of real steps; nothing here does anything to a host. */
const stepParams = {
  'write-file': z
    .strictObject({
      path: z.string().regex(/^\//, 'is not an absolute path'),
      content: z.string().optional(),
      contentBase64: z.base64().optional(),
      mode: z.string().optional(),
    })
    .refine(({ content, contentBase64 }) => (content === undefined) !== (contentBase64 === undefined), {
      error: 'needs one of content and contentBase64',
    }),
  command: z.strictObject({ run: line, undo: line.optional(), creates: z.string().optional() }),
  service: z.strictObject({ name: z.string(), state: z.enum(['started', 'stopped', 'restarted', 'reloaded']).optional() }),
  sysctl: z.strictObject({ name: z.string(), value: z.string() }),
  snapshot: z.strictObject({ files: z.array(z.string()).optional() }),
}

const checkParams = {
  port: z.strictObject({ port: z.int().min(1).max(65535) }),
  process: z.strictObject({ name: z.string() }),
  command: z.strictObject({ run: line, expect: z.strictObject({ code: z.int() }).optional() }),
}

const about = { version: '1.0.0', summary: 'of the test', stability: 'stable', example: {} } as const
const schemaOf = (schema: z.ZodType): Json => z.toJSONSchema(schema) as Json

const step: StepKind = {
  describe: () => 'nothing',
  capture: async () => null,
  needed: () => false,
  diff: () => '',
  do: async () => {},
  verify: async () => {},
}

const steps = Object.entries(stepParams).map(([type, schema]) =>
  defineStep({
    ...about,
    type,
    schema: schemaOf(schema),
    build(params) {
      parseParams(schema, params)
      return step
    },
  }),
)
const checks = Object.entries(checkParams).map(([type, schema]) =>
  defineCheck({
    ...about,
    type,
    schema: schemaOf(schema),
    build(params) {
      parseParams(schema, params)
      return { title: type, run: async () => ({ verdict: 'pass', message: '' }) }
    },
  }),
)

export const fakeComponents: readonly Component<ChangeKind>[] = [...steps, ...checks]

export const fakeLookup: ChangeComponents = {
  types: kind => fakeComponents.filter(component => component.kind === kind).map(({ type }) => type),
  async load(kind, type) {
    const found = fakeComponents.find(component => component.kind === kind && component.type === type)
    if (!found) throw new Error(`${kind} ${type} was asked for, and is not registered`)
    return found
  },
}
