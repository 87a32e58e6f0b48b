import { z } from 'zod'
import type { SecretReference } from '../../core/check.ts'
import { sizeField } from '../../core/fields.ts'
import type { Pattern } from '../assert/pattern.ts'
import { safePatternField } from '../safe-pattern-field.ts'
import { isSecret, secretOr } from '../secret-param.ts'
import { placeholders } from './placeholders.ts'

const maxSteps = 100

const text = secretOr(z.string())
const talk = {
  expect: safePatternField().optional().describe('a regular expression (RE2): the server is read until it fits'),
  send: z
    .union([text, z.array(text).min(1)])
    .optional()
    .describe(
      'what is said then: a text, in which ${name} stands for a group of an `expect`, a secret as { file: … } or { env: … }, or a list of them',
    ),
}

const lineStep = {
  ...talk,
  expect_bytes: z.string().min(1).optional().describe('the next bytes must be these'),
  starttls: z.literal(true).optional().describe('go over to TLS then'),
}

interface Step {
  readonly expect?: Pattern | undefined
  readonly send?: string | SecretReference | readonly (string | SecretReference)[] | undefined
}

const script = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z
    .array(z.strictObject(shape).refine(step => Object.keys(step).length > 0, 'does nothing'))
    .min(1)
    .max(maxSteps)
    .superRefine((steps, context) => {
      for (const { path, name } of unknownNames(steps as readonly Step[])) {
        context.addIssue({ code: 'custom', path: [...path], message: `no \`expect\` before it has a group ${name}`, input: name })
      }
    })
    .optional()
    .describe('what is expected and said, one after the other; within a step `expect` comes first')

const mostBytes = 4 * 1024 ** 2

export const maxBytesField = () =>
  sizeField()
    .refine(bytes => bytes <= mostBytes, 'can be 4MiB at most')
    .prefault('64KiB')
    .describe('a server that says more than this fails; 4MiB at most')

/** A dialogue of lines. */
export const scriptParams = {
  script: script(lineStep),
  line_end: z.enum(['crlf', 'lf', 'none']).default('crlf').describe('what is added to everything that is sent'),
  max_bytes: maxBytesField(),
}

/** A dialogue of messages. */
export const messageScript = script(talk)

export type ScriptStep = Step & { readonly expect_bytes?: string | undefined; readonly starttls?: true | undefined }

interface Unknown {
  readonly path: readonly (string | number)[]
  readonly name: string
}

/** Placeholders that nothing can fill: names of any step until then, numbers of the last `expect`. */
function unknownNames(steps: readonly Step[]): Unknown[] {
  const names = new Set<string>()
  let groups = -1
  return steps.flatMap(({ expect, send = [] }, index) => {
    if (expect) {
      for (const name of expect.names) names.add(name)
      groups = expect.groups
    }
    const isKnown = (name: string): boolean => (/^\d+$/.test(name) ? Number(name) <= groups : names.has(name))
    return [send].flat().flatMap(piece => {
      const missing = isSecret(piece) ? [] : placeholders(piece).filter(name => !isKnown(name))
      return missing.map(name => ({ path: [index, 'send'], name }))
    })
  })
}
