import type { Context } from '../core/context.ts'
import { formatDuration } from '../core/duration.ts'
import { OpsError } from '../core/errors.ts'
import { nearest } from '../core/nearest.ts'
import { ParamsError } from '../core/params.ts'
import { withoutCredentials } from '../core/redact.ts'
import { matchPattern } from '../core/ssh-pattern.ts'
import { endpointType } from './endpoint-types.ts'
import type { AskedCheck } from './file/asked-check.ts'
import { loadProbeFiles } from './file/load-probe-file.ts'
import type { ProbeOptions } from './options.ts'
import { samplingOf } from './probed-check.ts'
import { thisMachine } from './this-machine.ts'

type Asking = Pick<ProbeOptions, 'endpoint' | 'file' | 'check' | 'from' | 'timeout'>
type Loading = Pick<Context, 'program' | 'component' | 'paths' | 'signal'>

/**
 * The checks that the command line asks for: its endpoints, its files, and where there are neither, what is judged of any machine.
 * @throws OpsError E_USAGE, E_PLAN
 */
export async function askedChecks(context: Loading, options: Asking): Promise<readonly AskedCheck[]> {
  const endpoints = await Promise.all([...new Set(options.endpoint)].map(endpoint => endpointAsked(context, endpoint, options)))
  const files = await loadProbeFiles(
    context,
    options.file.map(path => ({ path })),
  )
  const asked = [...endpoints, ...files]
  const double = asked.find(({ name }, index) => asked.findIndex(other => other.name === name) !== index)
  if (double) throw new OpsError('E_PLAN', `two checks are called '${double.name}'`, { hint: 'rename one of them in its file' })
  const all = asked.length > 0 || options.file.length > 0 ? asked : await machineAsked(context)
  return chosen(all, options.check)
}

async function endpointAsked(context: Loading, endpoint: string, { from = 'here', timeout }: Asking): Promise<AskedCheck> {
  const found = endpointType(endpoint)
  if ('problem' in found) throw new OpsError('E_USAGE', found.problem, { hint: found.hint })
  const component = await context.component('check', found.type)
  try {
    const check = component.build({ endpoint, ...(timeout !== undefined && { timeout: formatDuration(timeout) }) })
    return { ...plain, name: endpoint, type: found.type, check, sampling: samplingOf(check, found.type), isEndpoint: true, from }
  } catch (cause) {
    if (!(cause instanceof ParamsError)) throw cause
    throw new OpsError('E_USAGE', namingEndpoint(cause.message.replace(/^endpoint: /, ''), endpoint), {
      ...(cause.hint !== undefined && { hint: cause.hint }),
    })
  }
}

/** Which of several it is, without a password within it. */
function namingEndpoint(message: string, endpoint: string): string {
  const told = withoutCredentials(endpoint)
  return message.includes(JSON.stringify(told)) ? message : `'${told}' ${message}`
}

const machineAsked = (context: Loading): Promise<AskedCheck[]> =>
  Promise.all(
    thisMachine.map(async ({ type, params }) => {
      const check = (await context.component('check', type)).build(params)
      return { ...plain, name: type, type, check, sampling: samplingOf(check, type), isEndpoint: false, from: 'here' as const }
    }),
  )

const plain = { labels: {}, sla: 'P1', dependsOn: [], recoveries: 2 } as const

/** @throws OpsError E_USAGE for a name that there is not */
function chosen(checks: readonly AskedCheck[], wanted: readonly string[]): readonly AskedCheck[] {
  if (wanted.length === 0) return checks
  const names = checks.map(({ name }) => name)
  const matchers = wanted.map(word => {
    const matches = (name: string): boolean => matchPattern(name, word)
    if (names.some(matches)) return matches
    const close = nearest(word, names)
    throw new OpsError('E_USAGE', `there is no check '${word}'`, {
      hint: close ? `did you mean ${close}?` : `there are ${names.join(', ')}`,
    })
  })
  return withParents(
    checks,
    checks.filter(({ name }) => matchers.some(matches => matches(name))),
  )
}

/** What a check depends on is looked at too: without it nobody knows whether it may be judged. */
function withParents(all: readonly AskedCheck[], wanted: readonly AskedCheck[]): readonly AskedCheck[] {
  const names = new Set(wanted.map(({ name }) => name))
  const add = ({ dependsOn }: AskedCheck): void => {
    for (const name of dependsOn) {
      if (names.has(name)) continue
      names.add(name)
      const parent = all.find(check => check.name === name)
      if (parent) add(parent)
    }
  }
  for (const check of wanted) add(check)
  return all.filter(({ name }) => names.has(name))
}
