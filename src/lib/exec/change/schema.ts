import type { Component } from '../../core/component.ts'
import type { Json } from '../../core/json.ts'
import type { ChangeKind } from '../../plan/file/components.ts'
import { isMapping } from '../../plan/file/node.ts'
import { closed, described, type JsonObject, targets, text, time, title } from '../../plan/file/schema-parts.ts'
import type { changeKeys } from './change.ts'
import { shortKey, shortKind } from './step-kind.ts'
import { takesSource } from './step-params.ts'

/** JSON Schema of a change file, for editors: made from the schemas of all steps and checks. */
export function changeSchema(components: readonly Component<ChangeKind>[]): Json {
  const steps = components.filter(({ kind }) => kind === 'step')
  const checks = components.filter(({ kind }) => kind === 'check')
  const oneCheck = closed(Object.fromEntries(checks.map(check => [check.type, paramsSchema(check)])))
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'opsctl change',
    description: 'A change of many hosts that `opsctl exec` makes in waves and can take back.',
    ...closed(topLevel, ['name', 'steps']),
    $defs: {
      checks: { type: 'array', items: { $ref: '#/$defs/check' } },
      check: { ...oneCheck, minProperties: 1, maxProperties: 1 },
      step: stepSchema(steps),
      handler: stepSchema(steps, { on: described('Ids of the steps after which it runs, where one changed something.', idList) }),
    },
  }
}

const id: JsonObject = { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$' }
const idList: JsonObject = { type: 'array', items: id, minItems: 1, uniqueItems: true }
const checkList: JsonObject = { $ref: '#/$defs/checks' }
const commandLine: JsonObject = { anyOf: [text, { type: 'array', items: { type: 'string' }, minItems: 1 }] }
const wave: JsonObject = {
  anyOf: [
    { type: 'integer', minimum: 1 },
    { type: 'string', pattern: '^[0-9]+([.][0-9]+)?%?$' },
    closed({ label: text, value: text }, ['label', 'value']),
  ],
}

const topLevel: Readonly<Record<(typeof changeKeys)[number], Json>> = {
  name: described('What the change does, in a few words.', title),
  targets: described('Hosts, as -t takes them; -t goes before it.', targets),
  waves: described('Which hosts go when: counts, shares of all, or those with a label. What is left goes last.', {
    type: 'array',
    items: wave,
    minItems: 1,
    default: ['100%'],
  }),
  pause: described('Between two waves.', { ...time, default: '0' }),
  rollback: described('What a failure takes back.', { enum: ['host', 'wave', 'run'], default: 'run' }),
  'max-fail': described('So many hosts, or such a share, may fail before no further one is begun.', {
    type: ['string', 'integer'],
  }),
  timeout: described('Of one step on one host.', { ...time, default: '5m' }),
  'undo-timeout': described('How long an undo waits for a host that can not be reached.', { ...time, default: '2m' }),
  hold: described('A host takes back by itself what was done there when opsctl gives no sign of life for so long.', time),
  confirm: described('With hold: must pass over a new login before the change is kept on a host.', checkList),
  precheck: described('Must pass on every host before anything is touched.', checkList),
  gates: described('Must pass on the hosts of a wave after it.', checkList),
  steps: described('What is done on each host, in this order.', { type: 'array', items: { $ref: '#/$defs/step' }, minItems: 1 }),
  handlers: described('Steps that run once, after others changed something.', {
    type: 'array',
    items: { $ref: '#/$defs/handler' },
  }),
}

function stepSchema(steps: readonly Component<ChangeKind>[], more: JsonObject = {}): JsonObject {
  const kinds = [shortKey, ...steps.map(({ type }) => type)]
  const members = {
    id: described('Unique; what handlers and reports name.', id),
    precheck: described('Must pass before the step is begun.', checkList),
    verify: described('Must pass after the step.', checkList),
    [shortKey]: described(`Short for ${shortKind}: a line for sh, or a list of words.`, commandLine),
    rollback: described('Takes `run` back; harmless when it runs twice.', commandLine),
    ...more,
    ...Object.fromEntries(steps.map(step => [step.type, paramsSchema(step)])),
  }
  return {
    ...closed(members, Object.keys(more)),
    oneOf: kinds.map(kind => ({
      type: 'object',
      required: [kind],
      ...(kind !== shortKey && { properties: { rollback: false } }),
    })),
  }
}

/** A component's own schema within that of the file. */
function paramsSchema(component: Component<ChangeKind>): Json {
  const { summary, schema } = component
  if (!isMapping(schema)) return schema
  const { $schema: _, properties, ...rest } = schema
  const source = { source: described('Local file that has the contents; a relative path begins at the change file.', text) }
  const known = isMapping(properties) ? { properties: { ...properties, ...(takesSource(component) && source) } } : {}
  return { description: summary, ...rest, ...known, ...(mayBeEmpty(schema) && { type: ['object', 'null'] }) }
}

const mayBeEmpty = ({ type, required }: JsonObject): boolean =>
  type === 'object' && (required === undefined || (Array.isArray(required) && required.length === 0))
