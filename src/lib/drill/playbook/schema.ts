import type { Component } from '../../core/component.ts'
import type { Context } from '../../core/context.ts'
import type { Json } from '../../core/json.ts'
import type { Document } from '../../core/report.ts'
import { isMapping } from '../../plan/file/node.ts'
import { closed, described, type JsonObject, targets, text, time, title } from '../../plan/file/schema-parts.ts'
import { faultTypes } from '../fault-types.ts'
import { figureNames } from '../verifier/figures.ts'
import type { playbookKeys } from './playbook.ts'
import { endpointType } from './steps.ts'

/** The JSON Schema of playbooks, for editors. */
export async function playbookSchemaDocument({
  component,
  components,
}: Pick<Context, 'component' | 'components'>): Promise<Document> {
  const faults = await Promise.all(faultTypes.map(type => component('step', type)))
  const checks = (await components('check')).filter(({ internal }) => !internal)
  const schema = playbookSchema(faults, checks)
  return { mime: 'application/schema+json', text: `${JSON.stringify(schema, null, 2)}\n`, data: schema }
}

export function playbookSchema(faults: readonly Component<'step'>[], checks: readonly Component<'check'>[]): Json {
  const oneCheck = closed(
    Object.fromEntries(checks.map(({ type, schema, summary }) => [type, { description: summary, ...objectOf(schema) }])),
  )
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'opsctl drill',
    description: 'What `opsctl drill run` breaks, for how long, and what must hold.',
    ...closed(topLevel, ['name', 'steps']),
    $defs: {
      check: { ...oneCheck, minProperties: 1, maxProperties: 1 },
      probe: closed(probe),
      step: { anyOf: [...faults.map(faultSchema), closed(endpoint, ['type', 'endpoint'])] },
    },
  }
}

const objectOf = (schema: Json): JsonObject => (isMapping(schema) ? schema : {})

const id: JsonObject = { type: 'string', pattern: '^[A-Za-z][A-Za-z0-9_-]{0,40}$' }
const status: JsonObject = { type: 'integer', minimum: 100, maximum: 599 }
const conditions: JsonObject = { anyOf: [text, { type: 'array', items: text }] }

const topLevel: Record<(typeof playbookKeys)[number], JsonObject> = {
  name: described('What the drill is for, in a few words.', title),
  version: described('Of the playbook, for people.', { type: ['string', 'number'] }),
  targets: described('Hosts as node sets, for steps without targets of their own.', targets),
  duration: described('How long the faults are in place: 30s.', time),
  hold: described('A host that hears nothing of opsctl for so long heals itself: 30s, at least 5s.', time),
  settle: described('How long it may take until everything is steady again: 30s.', time),
  timeout: described('Of one step on one host: 1m.', time),
  'undo-timeout': described('How long healing waits for a host that can not be reached: 2m.', time),
  'max-hosts': described('More are never touched.', { type: 'integer', minimum: 1 }),
  forbid: described('Labels of hosts that are never touched.', {
    type: 'object',
    additionalProperties: { type: ['string', 'number'] },
  }),
  steady: described('Checks that must pass before anything is broken, and afterwards.', {
    type: 'array',
    items: { $ref: '#/$defs/check' },
  }),
  probes: described('What is asked again and again meanwhile, by name.', {
    type: 'object',
    additionalProperties: { $ref: '#/$defs/probe' },
  }),
  objectives: described(`What must hold, in CEL over ${figureNames.join(', ')}.`, conditions),
  abort: described('Ends the drill at once when it comes true, in CEL.', conditions),
  steps: { type: 'array', items: { $ref: '#/$defs/step' }, minItems: 1 },
}

const probe: JsonObject = {
  command: described('Succeeds with status 0.', {
    anyOf: [text, { type: 'array', items: { type: ['string', 'number'] }, minItems: 1 }],
  }),
  http: described('Address that is asked with GET.', text),
  tcp: described('HOST:PORT that must take a connection.', text),
  every: described('100ms when absent.', time),
  timeout: described('One that takes longer has failed.', time),
  from: described('`here`, or the host on which the command runs.', text),
  expect_status: described('Of http; 200 when absent.', status),
}

const endpoint: JsonObject = {
  type: { const: endpointType },
  id,
  endpoint: described('Address that must answer while the faults are in place.', text),
  expect_status: status,
  timeout: described('So long after the injection at the latest.', time),
}

function faultSchema({ type, summary, schema }: Component<'step'>): JsonObject {
  const { properties, required, ...rest } = objectOf(schema)
  const common = { type: { const: type }, id, targets, duration: time }
  return {
    ...rest,
    description: summary,
    properties: { ...common, ...objectOf(properties ?? {}) },
    required: ['type', ...(Array.isArray(required) ? required : [])],
  }
}
