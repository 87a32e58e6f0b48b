import type { GiveWay } from '../../core/clock.ts'
import type { Context } from '../../core/context.ts'
import { OpsError } from '../../core/errors.ts'
import { isMapping } from '../../core/file-node.ts'
import type { Json } from '../../core/json.ts'
import { sha256 } from '../../core/sha256.ts'
import { type AskedCheck, askedChecks, type ProbedCheck, readProbeSources } from '../../probe/index.ts'
import type { ServeOptions } from '../options.ts'
import { type CheckFiles, listFiles } from './check-files.ts'

/** A check with where it comes from. */
export interface SourcedCheck {
  readonly check: AskedCheck
  /** `file /etc/opsctl/checks.yaml`, `command line`, `api`. */
  readonly source: string
}

interface Reading {
  readonly options: ServeOptions
  readonly files: CheckFiles
  readonly giveWay: GiveWay
}

/** What the command line and its files ask for now; what of it is wrong alone is told, not what is missing beside it. @throws OpsError E_PLAN, E_USAGE */
export async function readConfigured(context: Context, { options, files, giveWay }: Reading): Promise<SourcedCheck[]> {
  const ofFiles = await files.read(context, {
    listed: await listFiles(context, options),
    allowEmpty: options.allowEmpty,
    giveWay,
  })
  const asksOnlyThis = options.endpoint.length > 0 || options.file.length === 0
  const ofCommandLine = asksOnlyThis ? await askedChecks(context, { ...options, file: [], check: [] }) : []
  return [...ofCommandLine.map(check => ({ check, source: 'command line' })), ...fromFiles(ofFiles)]
}

/** With the text for each file once: thousands come from one. */
function fromFiles(checks: readonly AskedCheck[]): SourcedCheck[] {
  const sources = new Map<string, string>()
  return checks.map(check => {
    const path = check.place?.replace(/:\d+:\d+$/, '') ?? ''
    const source = sources.get(path) ?? `file ${path}`
    sources.set(path, source)
    return { check, source }
  })
}

interface Registered {
  readonly name: string
  /** A check as YAML or JSON, as an entry below `checks:` of a file. */
  readonly text: string
  /** `api`, `stream`. */
  readonly source: string
}

/** One that was registered at run time; it need not say its own name. @throws OpsError E_PLAN with the place in its text */
export async function readRegistered(
  context: Context,
  { name, text, source }: Registered,
): Promise<SourcedCheck & { readonly definition: Json }> {
  const [check] = await readProbeSources(context, [{ path: `${source} ${name}`, text, isOne: true }])
  if (!check) throw new OpsError('E_PLAN', `${source} ${name}: it is no check`)
  const definition = definitionOf(check)
  const saysName = isMapping(definition) && definition['name'] === check.name
  if (saysName && check.name !== name)
    throw new OpsError('E_PLAN', `${check.place}: the check is called '${check.name}'`, { hint: `say name: ${name}` })
  return { check: { ...check, name }, source, definition }
}

/** What was written of a check, without the defaults of its file; null where nothing was. */
export function definitionOf({ definition }: Pick<AskedCheck, 'definition'>): Json {
  const [own = null]: Json[] = definition === undefined ? [] : JSON.parse(definition)
  return own
}

/** Changes when the check, or one of its hosts does. */
export const versionOf = ({ definition, name, hosts, untold }: ProbedCheck): string =>
  sha256()
    .update(JSON.stringify([definition ?? name, hosts ?? null, ...(untold ? [[...untold]] : [])]))
    .digest()
    // Not the beginning of a longer text, which would be kept with it.
    .toString('hex', 0, 6)
