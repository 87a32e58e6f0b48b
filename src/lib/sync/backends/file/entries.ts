import { extname } from 'node:path'
import { parseYamlDocument } from '../../../config/yaml-document.ts'
import { BackendError } from '../../../core/backend.ts'
import { OpsError } from '../../../core/errors.ts'
import type { Json } from '../../../core/json.ts'
import { isMapping } from '../../../plan/file/node.ts'
import { byKey } from '../../digest.ts'

/** Where a directory keeps what its files should be, as sha256sum writes it. */
const sumsName = 'SHA256SUMS'

interface Entries {
  readonly entries: ReadonlyMap<string, Uint8Array>
  readonly supplied?: ReadonlyMap<string, string>
}

/** Values by key: the files of a directory, or the values of one YAML or JSON file, keys joined by `/`. @throws BackendError */
export function entriesOf(path: string, files: ReadonlyMap<string, Uint8Array>): Entries {
  const only = files.get('')
  if (only) return { entries: valuesOf(path, only) }
  const sums = files.get(sumsName)
  if (!sums) return { entries: files }
  const entries = new Map([...files].filter(([key]) => key !== sumsName))
  return { entries, supplied: readSums(`${path}/${sumsName}`, sums) }
}

function valuesOf(path: string, bytes: Uint8Array): ReadonlyMap<string, Uint8Array> {
  if (!['.yaml', '.yml', '.json'].includes(extname(path))) {
    throw new BackendError('invalid', `${path} is neither a directory nor a .yaml, .yml or .json file`)
  }
  const entries = new Map<string, Uint8Array>()
  const visit = (value: Json, written: Json, key: string): void => {
    if (isMapping(value)) {
      for (const [name, inner] of Object.entries(value))
        visit(inner, (isMapping(written) && written[name]) || '', key === '' ? name : `${key}/${name}`)
    } else if (key === '') {
      if (value !== null) throw new BackendError('invalid', `${path}: it must be keys and values`)
    } else {
      // A number is what is written: 0644 is no 644, and 1.10 no 1.1.
      const text = value !== null && typeof written === 'string' ? written : JSON.stringify(value)
      entries.set(key, Buffer.from(text))
    }
  }
  visit(parse(path, bytes, 'yaml'), parse(path, bytes, 'text'), '')
  return new Map([...entries].sort(byKey))
}

function parse(path: string, bytes: Uint8Array, dialect: 'yaml' | 'text'): Json {
  try {
    return parseYamlDocument(new TextDecoder('utf-8', { fatal: true }).decode(bytes), path, 'E_CONFIG', dialect).value
  } catch (cause) {
    if (cause instanceof OpsError) throw new BackendError('invalid', cause.message, { cause })
    throw new BackendError('invalid', `${path} is not UTF-8 text`, { cause })
  }
}

/** Lines `DIGEST  NAME` or `DIGEST *NAME`. */
function readSums(path: string, bytes: Uint8Array): ReadonlyMap<string, string> {
  const lines = Buffer.from(bytes).toString().split('\n')
  const sums = new Map<string, string>()
  for (const [index, line] of lines.entries()) {
    if (line === '') continue
    const [, digest, name] = /^([0-9a-fA-F]{64}) [ *](?:\.\/)?(.+)$/.exec(line) ?? []
    if (digest === undefined || name === undefined) {
      throw new BackendError('invalid', `${path}:${index + 1}: not a line of sha256sum`)
    }
    sums.set(name, digest.toLowerCase())
  }
  return sums
}
