import type { FileNode } from '../../core/file-node.ts'
import { nearest } from '../../core/nearest.ts'
import type { ShapePlan } from '../pipeline/stages.ts'
import { readSchema, type SchemaPlace } from './schema.ts'
import type { ReadStep, Step, StepPlan } from './step.ts'
import { StepShaper } from './step-shaper.ts'
import { readAdd } from './steps/add.ts'
import { readDrop, readKeep } from './steps/choose-fields.ts'
import { readFilterStep, readRoute } from './steps/condition.ts'
import { readNumber, readText } from './steps/convert.ts'
import { readHash } from './steps/hash.ts'
import { readMask } from './steps/mask.ts'
import { readParse } from './steps/parse.ts'
import { readRename } from './steps/rename.ts'
import { readSample } from './steps/sample.ts'
import { readTime } from './steps/time.ts'
import { readTrace } from './trace/read-trace.ts'

/** Keys of the file that are read here. */
export const shapeKeys = ['shape', 'schema', 'trace'] as const

/** Steps by the key that each of them has. */
const steps: Readonly<Record<string, ReadStep>> = {
  rename: readRename,
  drop: readDrop,
  keep: readKeep,
  add: readAdd,
  parse: readParse,
  number: readNumber,
  text: readText,
  time: readTime,
  mask: readMask,
  hash: readHash,
  sample: readSample,
  filter: readFilterStep,
  route: readRoute,
}

/**
 * What the file says of shaping: the steps of `shape:` in their order, then `trace:`, then `schema:`. Undefined where it says nothing, and
 * where something is wrong, which is noted.
 */
export function readShape(top: FileNode, place: SchemaPlace): ShapePlan | undefined {
  const plans = [...readSteps(top.child('shape')), readTrace(top.child('trace')), readSchema(top.child('schema'), place)]
  const found = plans.filter(plan => plan !== undefined)
  if (found.length === 0) return undefined
  return {
    async open(opening) {
      const opened: Step[] = []
      for (const plan of found) opened.push(await plan(opening))
      return new StepShaper(opened)
    },
  }
}

const form = 'write `shape: [{ drop: [user] }, { mask: { patterns: [email] } }]`'

function readSteps(node: FileNode): StepPlan[] {
  if (node.isAbsent) return []
  return (node.entries(form) ?? []).flatMap(entry => readOne(entry) ?? [])
}

function readOne(node: FileNode): StepPlan | undefined {
  const names = Object.keys(steps)
  const there = `there are ${names.join(', ')}`
  const members = node.members('a step', form)
  if (members === undefined) return undefined
  const [[key, member] = [], ...others] = members
  if (key === undefined || member === undefined) return node.wrong('a step is empty', { hint: there })
  for (const [other, wrong] of others)
    wrong.wrong(`a step has one key: '${other}' is a step of its own`, { part: 'key', hint: 'begin it with a dash' })
  const read = Object.hasOwn(steps, key) ? steps[key] : undefined
  if (read) return read(member)
  const close = nearest(key, names)
  return member.wrong(`there is no step '${key}'`, { part: 'key', hint: close ? `did you mean ${close}?` : there })
}
