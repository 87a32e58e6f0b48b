import type { CheckSpec } from '../core/check.ts'
import type { Json } from '../core/json.ts'
import type { Plan, StepSpec } from '../core/plan.ts'
import type { ActionSpec } from './file/action.ts'
import type { FileSpec } from './file/files.ts'
import type { SyncFile } from './file/sync-file.ts'
import type { RenderedFile, Rendering } from './rendering.ts'

/** What brings the rendered files to their hosts, as a plan of the engine: complete, so that another process can undo it. */
export function syncPlan({ name, files, conduct }: SyncFile, rendering: Rendering): Plan {
  return {
    ...conduct.plan,
    name,
    // Judged on every host before the first is touched.
    precheck: [...(conduct.plan.precheck ?? []), stagedCheck(rendering)],
    steps: [...files.map(spec => fileStep(spec, rendering)), ...handlers(files, rendering)],
  }
}

function fileStep(spec: FileSpec, rendering: Rendering): StepSpec {
  const { id, mode, owner, parents, secret } = spec
  const params = ({ path, content }: RenderedFile): Json => ({
    ...{ path, contentBase64: content.toString('base64') },
    ...(mode !== undefined && { mode }),
    ...(owner !== undefined && { owner }),
    ...(parents && { parents }),
    ...(secret && { secret }),
  })
  return step(id, 'write-file', variantsOf(spec, rendering, params))
}

/** One for all files with the same action. */
function handlers(files: readonly FileSpec[], rendering: Rendering): StepSpec[] {
  const groups = [
    ...Map.groupBy(
      files.filter(({ action }) => action),
      ({ action }) => action?.id ?? '',
    ),
  ]
  return groups.flatMap(([, members], index) => {
    const [first] = members
    const action = first?.action
    if (!first || !action) return []
    const on = members.map(({ id }) => id)
    const taken = files.map(({ id }) => id)
    const id = action.is === 'service' ? free(action.id, taken) : free(`run-${index + 1}`, taken)
    return [{ ...step(id, ...handlerOf(action, first, rendering)), on }]
  })
}

const free = (id: string, taken: readonly string[]): string => (taken.includes(id) ? free(`${id}-action`, taken) : id)

function handlerOf(action: ActionSpec, first: FileSpec, rendering: Rendering): ['service' | 'command', Variants] {
  if (action.is === 'service') return ['service', { params: { name: action.name, state: action.state } }]
  return ['command', variantsOf(first, rendering, ({ run }) => ({ run: run ?? [] }))]
}

type Variants = Pick<StepSpec, 'params' | 'perHost'>

const step = (id: string, kind: string, variants: Variants): StepSpec => ({ id, kind, ...variants, precheck: [], verify: [] })

/** The parameters of each distinct result once; of one for all hosts nothing else. */
function variantsOf(spec: FileSpec, { distinct }: Rendering, params: (file: RenderedFile) => Json): Variants {
  const results = [...distinct].filter(([file]) => file.spec === spec)
  const variants = results.map(([file]) => params(file))
  const [only = {}] = variants
  if (variants.length < 2) return { params: only }
  const of = Object.fromEntries(results.flatMap(([, hosts], index) => hosts.map(host => [host, index])))
  return { params: only, perHost: { variants, of } }
}

/** Also where no file is judged: a host that can not be reached is known before the first one is touched, and not in its wave. */
function stagedCheck({ distinct }: Rendering): CheckSpec {
  const judged = [...distinct].filter(([file]) => file.validate)
  const files = judged.map(([{ path, content, validate }]) => ({
    ...{ path, contentBase64: content.toString('base64'), run: validate ?? [] },
  }))
  const of: Record<string, number[]> = {}
  for (const [index, [, hosts]] of judged.entries()) for (const host of hosts) of[host] = [...(of[host] ?? []), index]
  return { type: 'staged-file', params: { files, of } }
}
