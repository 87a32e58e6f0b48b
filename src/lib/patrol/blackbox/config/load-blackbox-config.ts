import { dirname, resolve } from 'node:path'
import { parseYamlDocument } from '../../../config/yaml-document.ts'
import type { Context } from '../../../core/context.ts'
import { OpsError } from '../../../core/errors.ts'
import { ChangeNode } from '../../../plan/file/node.ts'
import { Problems } from '../../../plan/file/problems.ts'
import { SourceError, sourceReader } from '../../../plan/file/source.ts'
import { defaultModules } from './default-modules.ts'
import { isNothing } from './field.ts'
import { type BlackboxModule, configField } from './module.ts'

type Loading = Pick<Context, 'paths' | 'signal' | 'log'>

/** By name. */
export type BlackboxModules = ReadonlyMap<string, BlackboxModule>

/**
 * The modules of a configuration file of blackbox_exporter, or its usual ones where there is no file. Nothing that it names is read or
 * contacted: secrets and certificates may be renewed at any time.
 * @throws OpsError E_CONFIG with everything that is wrong
 */
export async function loadBlackboxConfig({ paths, signal, log }: Loading, path?: string): Promise<BlackboxModules> {
  if (path === undefined) return parseBlackboxConfig(defaultModules, 'built-in modules').modules
  const file = resolve(paths.cwd, path)
  try {
    const content = await sourceReader({ directory: dirname(file), signal })(file)
    const { modules, warnings } = parseBlackboxConfig(new TextDecoder('utf-8', { fatal: true }).decode(content), path)
    for (const warning of warnings) log('warn', warning)
    return modules
  } catch (cause) {
    const why = cause instanceof SourceError ? cause.message : cause instanceof TypeError ? 'is not UTF-8 text' : undefined
    if (why === undefined) throw cause
    throw new OpsError('E_CONFIG', `${path}: the blackbox configuration ${why}`, { cause })
  }
}

interface Parsed {
  readonly modules: BlackboxModules
  /** What can not be done, with its place: probes of that module are refused. */
  readonly warnings: readonly string[]
}

/** @throws OpsError E_CONFIG with everything that is wrong; `path` is for messages */
export function parseBlackboxConfig(text: string, path: string): Parsed {
  const document = parseYamlDocument(text, path, 'E_CONFIG', 'text')
  const problems = new Problems({ document, path, code: 'E_CONFIG' })
  const top = new ChangeNode(document.value, problems)
  const config = isNothing(top) ? top.wrong('the file is empty', { hint: 'it has modules:' }) : configField.read(top)
  problems.throwAny()
  const modules = config?.modules ?? new Map<string, BlackboxModule>()
  const warnings = [...modules].flatMap(([name, module]) => {
    const why = unsupported(module)
    return why === undefined
      ? []
      : [`${problems.placeOf(['modules', name], 'key')}: probes of the module ${name} are refused: ${why}`]
  })
  return { modules, warnings }
}

/** Why a module can not be probed here, though its configuration is right. */
export const unsupported = ({ prober, http }: BlackboxModule): string | undefined =>
  prober === 'http' && http.enable_http3 ? 'HTTP/3 is not supported' : undefined
