import { z } from 'zod'
import { defineStep } from '../../core/component.ts'
import { pathField, serviceNameField } from '../../core/host-fields.ts'
import type { Json } from '../../core/json.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { parseParams } from '../../core/params.ts'
import { StepError, type StepKind, type StepPlace } from '../../core/plan.ts'
import { absentFunction, allFields, digestFunction, hostScript } from '../../transport/host-script.ts'
import { runScript } from './on-host.ts'
import { activeWord, bootWord, lookAt } from './service-state.ts'

const Params = z.strictObject({
  paths: z
    .array(z.union([pathField(), z.literal('/')]))
    .default([])
    .describe('whose free disk space is noted'),
  services: z.array(serviceNameField()).default([]).describe('whose states are noted, and compared after an undo'),
  files: z.array(pathField()).default([]).describe('whose SHA-256 are noted, and compared after an undo'),
})
type Params = z.output<typeof Params>

const Notes = z.object({
  /** Load average of one minute. */
  load: z.number(),
  freeBytes: z.record(z.string(), z.number()),
  /** By name, `running, enabled`. */
  services: z.record(z.string(), z.string()),
  /** By path, lower-case hex, or `absent`. */
  files: z.record(z.string(), z.string()),
})
type Notes = z.output<typeof Notes>

/** Notes how a host is before a change. Never changes anything; after an undo, services and files must be as they were. */
export default defineStep({
  type: 'snapshot',
  version: '1.0.0',
  summary: 'notes load, free disk, services and file hashes before a change; compares services and files after its undo',
  stability: 'beta',
  schema: jsonSchemaOf(Params),
  example: { paths: ['/'], files: ['/etc/hosts'] },
  build: config => snapshotStep(config),
})

function snapshotStep(config: Json): StepKind {
  const params = parseParams(Params, config)
  const nothing = async (): Promise<void> => undefined
  return {
    looksOnly: true,
    describe: () => `note ${['the load', ...params.paths, ...params.services, ...params.files].join(', ')}`,
    capture: place => take(place, params),
    needed: () => false,
    diff: () => '',
    do: nothing,
    verify: nothing,
    undo: nothing,
    undoAlone: () => [],
    async verifyUndone(place, before) {
      const was = Notes.parse(before)
      const now = await take(place, params)
      const different = [...changes(was.services, now.services), ...changes(was.files, now.files)]
      if (different.length > 0) throw new StepError(`not as before: ${different.join('; ')}`)
    },
  }
}

async function take(place: StepPlace, { paths, services, files }: Params): Promise<Notes> {
  const script = hostScript(
    'take the snapshot',
    digestFunction,
    absentFunction,
    'read -r load rest </proc/loadavg && printf "%s\\0" "$load" || exit 1; kind=disk;',
    'for path do if [ "$path" = -- ]; then kind=file; continue; fi;',
    'if [ $kind = disk ]; then found=$(df -P -k -- "$path" | tail -n 1) && [ -n "$found" ] || exit 1;',
    'elif absent "$path"; then found=absent; else found=$(digest "$path") || exit 1; found=${found%% *}; fi;',
    'printf "%s\\0" "$found"; done',
  )
  const [load = '', ...found] = allFields(await runScript(place, script, { args: [...paths, '--', ...files] }))
  if (found.length !== paths.length + files.length)
    throw new StepError(`could not ${script.does}: the host answered something else`)
  const states = await lookAt(place, services)
  return {
    load: Number(load),
    freeBytes: Object.fromEntries(paths.map((path, index) => [path, freeBytes(found[index] ?? '')])),
    files: Object.fromEntries(files.map((path, index) => [path, found[paths.length + index] ?? ''])),
    services: Object.fromEntries(
      states.map((state, index) => [services[index] ?? '', `${activeWord(state)}, ${bootWord(state)}`]),
    ),
  }
}

/** Of a line of `df -P -k`: device, blocks, used, available, capacity, mount point; a device may contain blanks. */
function freeBytes(line: string): number {
  const free = /\s(\d+)\s+\d+%\s+\//.exec(line)?.[1]
  if (free === undefined) throw new StepError(`could not read the free space in '${line}'`)
  return Number(free) * 1024
}

const changes = (was: Readonly<Record<string, string>>, now: Readonly<Record<string, string>>): string[] =>
  Object.entries(was).flatMap(([name, value]) => (now[name] === value ? [] : `${name} is ${now[name]}, was ${value}`))
