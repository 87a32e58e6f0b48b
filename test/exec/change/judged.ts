import { spawnSync } from 'node:child_process'
import type { Json } from '../../../src/lib/core/json.ts'

/** What Python's jsonschema finds wrong with the schema itself, then with each value. */
export function judged(schema: Json, values: readonly unknown[]): readonly (readonly string[])[] {
  const program = `
import json, sys
from jsonschema import Draft202012Validator as V
given = json.load(sys.stdin)
own = [e.message for e in V(V.META_SCHEMA).iter_errors(given["schema"])]
judge = V(given["schema"])
print(json.dumps([own] + [[e.message for e in judge.iter_errors(value)] for value in given["values"]]))`
  const { stdout } = spawnSync('python3', ['-c', program], {
    input: JSON.stringify({ schema, values }),
    encoding: 'utf8',
    timeout: 30_000,
  })
  return JSON.parse(stdout)
}
