import { dirname, isAbsolute, join, resolve } from 'node:path'
import { parseLargeDocument } from '../../config/large-document.ts'
import type { GiveWay } from '../../core/clock.ts'
import type { Context } from '../../core/context.ts'
import { OpsError } from '../../core/errors.ts'
import { nearest } from '../../core/nearest.ts'
import { changeComponents } from '../../plan/file/components.ts'
import { ChangeNode } from '../../plan/file/node.ts'
import { Problems } from '../../plan/file/problems.ts'
import { SourceError, sourceReader } from '../../plan/file/source.ts'
import { circleOf } from '../levels.ts'
import type { AskedCheck } from './asked-check.ts'
import { defaultKeys, readCheck, writtenOf } from './read-check.ts'
import { SamplingPool } from './sampling-pool.ts'

export const fileKeys = ['checks', 'suites', 'defaults', 'include'] as const
/** Files within files: more is a circle. */
const maxDepth = 10

interface Loading extends Pick<Context, 'program' | 'component' | 'paths' | 'signal'> {
  /** Others have their turn meanwhile; absent: nobody waits. */
  readonly giveWay?: GiveWay
  /** Told every file before it is read, included ones too, and what was read. */
  readonly onRead?: (file: string, bytes?: Uint8Array) => void
  /** One that was read of the same file before, and was written the same: it is not made anew. */
  readonly known?: (written: string) => AskedCheck | undefined
}

/**
 * Reads a file of checks with everything that it includes. Nothing is contacted. The file is either one check (`endpoint:` or `type:` at
 * the top) or has `checks:`, `defaults:` and `include:`.
 * @throws OpsError E_PLAN with everything that is wrong
 */
export const loadProbeFile = (context: Loading, path: string): Promise<readonly AskedCheck[]> =>
  loadProbeFiles(context, [{ path }])

/** A file of checks, or a text that is read as one and called so. */
export interface ProbeSource {
  readonly path: string
  readonly text?: string
  /** It is one check and nothing else. */
  readonly isOne?: boolean
}

/** The checks of several files, which may depend on each other. @throws OpsError E_PLAN with everything that is wrong in the first wrong one */
export async function loadProbeFiles(context: Loading, sources: readonly ProbeSource[]): Promise<readonly AskedCheck[]> {
  const checks = await readProbeSources(context, sources)
  refuseDoubles(checks)
  refuseWrongParents(checks)
  return checks
}

/** The same for checks that others are to be read with: of each nothing but the others is missing. @throws OpsError E_PLAN */
export async function readProbeSources(context: Loading, sources: readonly ProbeSource[]): Promise<AskedCheck[]> {
  const checks: AskedCheck[] = []
  for (const source of sources) {
    const found = await readFile(context, { ...source, above: [] }).catch(cause => {
      if (!(cause instanceof SourceError)) throw cause
      throw new OpsError('E_PLAN', `${source.path}: the file of checks ${cause.message}`, { cause: cause.cause })
    })
    // A gate of nothing would pass.
    if (found.length === 0)
      throw new OpsError('E_PLAN', `${source.path}: there are no checks in it`, { hint: 'add some below checks:' })
    checks.push(...found)
  }
  return checks
}

interface FileToRead extends ProbeSource {
  /** Files that include this one, outermost first. */
  readonly above: readonly string[]
}

/** @throws SourceError where the file itself can not be read */
async function readFile(context: Loading, { path, text, isOne: mustBeOne = false, above }: FileToRead): Promise<AskedCheck[]> {
  const { giveWay } = context
  const file = resolve(context.paths.cwd, path)
  const written = text ?? (await textOf(context, { path, file }))
  const document = await parseLargeDocument(written, { path, code: 'E_PLAN', giveWay })
  const problems = new Problems({ document, path })
  const top = new ChangeNode(document.value, problems)
  const components = changeComponents(context)
  const members =
    top.value === null
      ? top.wrong('the file is empty', { hint: 'it has checks:' })
      : top.members(mustBeOne ? 'a check' : 'a file of checks')
  const isOne = members !== undefined && (mustBeOne || members.has('endpoint') || members.has('type'))
  const defaults = isOne ? new ChangeNode({}, problems) : top.child('defaults')
  if (!isOne) for (const [key, node] of members ?? []) judgeKey(key, node)
  if (!defaults.isAbsent) judgeDefaults(defaults)
  problems.throwAny()
  const nodes = isOne
    ? [top]
    : top.child('checks').isAbsent
      ? []
      : (top.child('checks').entries('write `checks: [{ endpoint: https://example.com }]`') ?? [])
  const checks: AskedCheck[] = []
  const samplings = new SamplingPool()
  for (const node of nodes) {
    await giveWay?.()
    const known = context.known?.(writtenOf(node, defaults))
    const check = known ? atPlace(known, node.place) : await readCheck(node, { components, defaults, samplings })
    if (check) checks.push(check)
  }
  const suites = isOne || top.child('suites').isAbsent ? [] : (top.child('suites').entries() ?? [])
  for (const node of suites) {
    // With all that judges answers, which is much: only for those who have suites.
    const { readSuite } = await import('./read-suite.ts')
    const suite = await readSuite(node, { components, defaults })
    if (suite) checks.push(suite)
  }
  const included: AskedCheck[] = []
  for (const node of includes(top, isOne)) {
    const name = node.text('the path of a file')
    if (name === undefined) continue
    const inner = resolve(dirname(file), name)
    if ([...above, file].includes(inner) || above.length >= maxDepth) {
      node.wrong(`${name} includes itself`)
      continue
    }
    try {
      const asked = { path: isAbsolute(name) ? name : join(dirname(path), name), above: [...above, file] }
      included.push(...(await readFile(context, asked)))
    } catch (cause) {
      if (!(cause instanceof SourceError)) throw cause
      node.wrong(`${name} ${cause.message}`)
    }
  }
  if (!isOne && ['checks', 'suites', 'include'].every(key => top.child(key).isAbsent))
    top.wrong('there are no checks in it', { hint: 'add checks:' })
  problems.throwAny()
  return [...included, ...checks]
}

const atPlace = (check: AskedCheck, place: string): AskedCheck => (check.place === place ? check : { ...check, place })

function includes(top: ChangeNode, isOne: boolean): ChangeNode[] {
  const node = top.child('include')
  if (isOne || node.isAbsent) return []
  return Array.isArray(node.value) ? (node.entries() ?? []) : [node]
}

function judgeKey(key: string, node: ChangeNode): void {
  if (!fileKeys.some(known => known === key))
    node.unknownKey(`unknown key '${key}' in a file of checks`, [...fileKeys, 'endpoint', 'type'])
}

function judgeDefaults(defaults: ChangeNode): void {
  for (const [key, node] of defaults.members('defaults') ?? []) {
    if (!defaultKeys.some(known => known === key)) node.unknownKey(`unknown key '${key}' in defaults`, defaultKeys)
  }
}

async function textOf(
  { signal, onRead }: Loading,
  { path, file }: { readonly path: string; readonly file: string },
): Promise<string> {
  onRead?.(file)
  const bytes = await sourceReader({ directory: dirname(file), signal })(file)
  onRead?.(file, bytes)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new OpsError('E_PLAN', `${path}: the file of checks is not UTF-8 text`, { cause })
  }
}

/** @throws OpsError E_PLAN */
export function refuseDoubles(checks: readonly AskedCheck[]): void {
  const seen = new Map<string, AskedCheck>()
  for (const check of checks) {
    const other = seen.get(check.name)
    if (other) {
      throw new OpsError('E_PLAN', `${check.place}: two checks are called '${check.name}'; the other is at ${other.place}`, {
        hint: 'give each a name: of its own',
      })
    }
    seen.set(check.name, check)
  }
}

/** @throws OpsError E_PLAN for what depends on no check, or on itself */
export function refuseWrongParents(checks: readonly AskedCheck[]): void {
  const dependent = checks.filter(({ dependsOn }) => dependsOn.length > 0)
  if (dependent.length === 0) return
  const names = new Set(checks.map(({ name }) => name))
  for (const { dependsOn, place } of dependent) {
    const unknown = dependsOn.find(name => !names.has(name))
    if (unknown === undefined) continue
    const close = nearest(unknown, [...names])
    throw new OpsError('E_PLAN', `${place}: depends_on names '${unknown}', and there is no such check`, {
      hint: close ? `did you mean ${close}?` : `there are ${someOf([...names])}`,
    })
  }
  const circle = circleOf(dependent)
  if (circle) {
    const place = checks.find(({ name }) => name === circle[0])?.place
    throw new OpsError('E_PLAN', `${place}: checks depend on each other in a circle: ${circle.join(' → ')}`)
  }
}

/** Of thousands nobody reads all. */
const mostNamed = 20

const someOf = (names: readonly string[]): string =>
  names.length > mostNamed ? `${names.slice(0, mostNamed).join(', ')} and ${names.length - mostNamed} more` : names.join(', ')
