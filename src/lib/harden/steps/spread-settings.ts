import { z } from 'zod'
import { defineStep } from '../../core/component.ts'
import type { Json } from '../../core/json.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { parseParams } from '../../core/params.ts'
import { StepError, type StepKind, type StepPlace } from '../../core/plan.ts'
import { loneScript, runScript } from '../../plan/steps/on-host.ts'
import { allFields, hostScript } from '../../transport/host-script.ts'

const Params = z.strictObject({
  pattern: z
    .string()
    .regex(/^\/proc\/sys\/[a-z0-9_/*]+$/, 'is not a pattern below /proc/sys')
    .describe('pattern of sh for the files of the settings'),
})

/** By path, what stood there. */
const Before = z.object({ values: z.record(z.string(), z.string()) })

/**
 * Kernel settings of interfaces that the kernel overwrites when one for all of them is written. It changes nothing itself: an undo, after
 * that of the one for all, writes back what each had. Interfaces that are gone by then are left out.
 */
export default defineStep({
  type: 'spread-settings',
  version: '1.0.0',
  summary: 'kernel settings of interfaces that change with one for all, put back by an undo',
  stability: 'beta',
  internal: true,
  schema: jsonSchemaOf(Params),
  example: { pattern: '/proc/sys/net/ipv4/conf/*/forwarding' },
  build: config => spreadSettings(config),
})

function spreadSettings(config: Json): StepKind {
  const { pattern } = parseParams(Params, config)
  const wayBack = (before: Json): string[] => Object.entries(Before.parse(before).values).flat()
  return {
    describe: () => `keep ${pattern}`,
    capture: async place => ({ values: await look(place, pattern) }),
    needed: () => false,
    diff: () => '',
    do: async () => undefined,
    verify: async () => undefined,
    undo: async (place, before) => void (await runScript(place, putBack, { args: wayBack(before) })),
    async verifyUndone(place, before) {
      const now = await look(place, pattern)
      const other = Object.entries(Before.parse(before).values).find(
        ([path, value]) => now[path] !== undefined && now[path] !== value,
      )
      if (other) throw new StepError(`${other[0]} is ${now[other[0]]}, was ${other[1]}`)
    },
    undoAlone: before => [loneScript(putBack, { args: wayBack(before) })],
  }
}

async function look(place: StepPlace, pattern: string): Promise<Record<string, string>> {
  const fields = allFields(await runScript(place, lookScript, { args: [pattern] }))
  return Object.fromEntries(fields.flatMap((path, index) => (index % 2 === 0 ? [[path, fields[index + 1] ?? '']] : [])))
}

const lookScript = hostScript(
  'look at the settings of interfaces',
  'IFS=; for file in $1; do if [ -r "$file" ]; then printf "%s\\0%s\\0" "$file" "$(cat "$file")"; fi; done',
)

/** Pairs of a path and a value. */
const putBack = hostScript(
  'put the settings of interfaces back',
  'while [ $# -gt 1 ]; do if [ -e "$1" ]; then if [ "$(cat "$1")" = "$2" ]; then :; else printf "%s\\n" "$2" >"$1" || exit 1; fi; fi; shift 2; done',
)
