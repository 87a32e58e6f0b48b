import { normalize } from 'node:path/posix'
import type { Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import { ExpressionError } from '../core/expression.ts'
import type { Host } from '../core/host.ts'
import { foldNodeSet } from '../inventory/node-set.ts'
import { callerOf } from './caller.ts'
import type { Configuration } from './configuration.ts'
import { documentOf } from './document.ts'
import type { Policy } from './file/policies.ts'
import type { SyncFile } from './file/sync-file.ts'
import type { RenderedFile, Rendering } from './rendering.ts'

interface Judged {
  readonly sync: SyncFile
  readonly configuration: Configuration
  readonly rendering: Rendering
}

/** Everything that can be judged without a host: format, schema, policies. @throws OpsError E_PLAN for the first problem, with all others in `data.problems` */
export function judgeRendering(context: Context, judged: Judged): void {
  const { rendering, sync } = judged
  const problems = [...rendering.distinct].flatMap(([file, hosts]) => fileProblems(file, hosts))
  const policyProblems = problems.length > 0 ? [] : sync.policies.flatMap(policy => policyProblem(context, policy, judged))
  refuse([...problems, ...policyProblems, ...samePaths(rendering)])
}

function refuse(problems: readonly string[]): void {
  const [first, ...others] = problems
  if (first === undefined) return
  const hint = others.length > 0 ? { hint: `and ${others.length} more: ${others.slice(0, 3).join('; ')}` } : {}
  throw new OpsError('E_PLAN', first, { data: { problems: problems.slice(0, 20) }, ...hint })
}

function fileProblems(file: RenderedFile, hosts: readonly string[]): string[] {
  const { spec, content, path } = file
  const where = foldNodeSet(hosts)
  try {
    const document = documentOf(spec.format, content, `${spec.place}: ${spec.id} on ${where}: ${path}`)
    if (document === undefined || !spec.schema) return []
    return spec.schema(document).map(problem => `${spec.place}: ${spec.id} (${path} on ${where}): ${problem}`)
  } catch (error) {
    if (error instanceof OpsError) return [error.message]
    throw error
  }
}

function policyProblem(context: Context, policy: Policy, judged: Judged): string[] {
  const against = judged.rendering.hosts.flatMap(host => {
    const problem = broken(policy, variables(context, host, judged))
    return problem === undefined ? [] : [{ host: host.name, problem }]
  })
  return [...Map.groupBy(against, ({ problem }) => problem)].map(
    ([problem, hosts]) => `${policy.place}: ${foldNodeSet(hosts.map(({ host }) => host))}: ${problem}`,
  )
}

/** A policy that can not be judged is not kept. */
function broken({ expression, message }: Policy, values: Readonly<Record<string, unknown>>): string | undefined {
  try {
    return expression.evaluate(values) ? undefined : message
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    return `${message} (${expression.text} can not be judged: ${error.message})`
  }
}

function variables(context: Context, host: Host, { sync, configuration, rendering }: Judged): Record<string, unknown> {
  const { name, groups, labels, vars } = host
  return {
    change: {
      name: sync.name,
      revision: configuration.revision,
      digest: configuration.digest,
      snapshot: configuration.snapshotAgeMs !== undefined,
      hosts: rendering.hosts.map(each => each.name),
      files: rendering.of(name).map(fileFacts),
    },
    host: { name, groups, labels, vars },
    caller: callerOf(context),
  }
}

function fileFacts({ spec, path, content, sha256 }: RenderedFile): Record<string, unknown> {
  const { id, mode = '', owner = '', format, action } = spec
  const data = documentOf(format, content, path) ?? null
  const service = action?.is === 'service' ? action.name : ''
  return { id, path, sha256, mode, owner, service, size: content.length, text: content.toString(), data }
}

function samePaths({ hosts, of }: Rendering): string[] {
  return hosts.flatMap(({ name }) => {
    const byPath = Map.groupBy(of(name), ({ path }) => normalize(path))
    const twice = [...byPath].find(([, files]) => files.length > 1)
    return twice
      ? [`${twice[1][1]?.spec.place}: ${twice[1].map(({ spec }) => spec.id).join(' and ')} both go to ${twice[0]} on ${name}`]
      : []
  })
}
