import { TransportError } from '../core/transport.ts'
import { type Entry, typeOfMode } from './entry.ts'

/** An entry of a host. */
export interface HostEntry extends Entry {
  /** Mode as stat gives it, type included. */
  readonly rawMode: number
  readonly owner: Owner
}

export interface Owner {
  readonly uid: string
  readonly gid: string
  readonly user: string
  readonly group: string
}

/**
 * Reads what `describe` of host-scripts printed: batches of names, lines of stat, lines of a SHA-256 program, link targets, each section
 * ended by NUL, which no name can hold. Lines are told apart by the names, which come first: a name may hold newlines.
 * What vanished or could not be read meanwhile is in `incomplete`.
 * @throws TransportError for what no `describe` prints: an untrusted host may say anything
 */
export function parseListing(bytes: Uint8Array): {
  readonly entries: readonly HostEntry[]
  readonly incomplete: readonly string[]
} {
  // One character a byte, so that names that are no UTF-8 are still matched exactly.
  const tokens = Buffer.from(bytes).toString('latin1').split('\0')
  if (tokens.pop() !== '') throw malformed()
  const entries: HostEntry[] = []
  const incomplete: string[] = []
  for (let at = 0; at < tokens.length; ) {
    const { end, batch } = readBatch(tokens, at)
    for (const name of batch.names) {
      const entry = entryOf(name, batch)
      if (entry) entries.push(entry)
      else incomplete.push(relative(name))
    }
    at = end
  }
  return { entries, incomplete }
}

interface Batch {
  readonly names: readonly string[]
  readonly stats: ReadonlyMap<string, string>
  readonly sums: ReadonlyMap<string, string>
  readonly targets: ReadonlyMap<string, string>
}

function readBatch(tokens: readonly string[], start: number): { readonly end: number; readonly batch: Batch } {
  const namesEnd = tokens.indexOf('', start)
  if (namesEnd === -1) throw malformed()
  const names = tokens.slice(start, namesEnd)
  const stats = linesByName(tokens[namesEnd + 1], { names, line: statLine })
  const sums = linesByName(tokens[namesEnd + 2], { names, line: sumLine })
  const targetsEnd = tokens.indexOf('', namesEnd + 3)
  if (targetsEnd === -1) throw malformed()
  const links = names.filter(name => typeOfMode(rawMode(stats.get(name))) === 'symlink')
  const targets = tokens.slice(namesEnd + 3, targetsEnd)
  if (targets.length > links.length) throw malformed()
  // `=target`, a newline of readlink and a full stop that keeps newlines of the target itself.
  const target = (text: string | undefined): string => text?.replace(/^=/, '').replace(/\n\.$/, '') ?? ''
  return {
    end: targetsEnd + 1,
    batch: { names, stats, sums, targets: new Map(links.map((name, index) => [name, target(targets[index])])) },
  }
}

/** How a line with its value before the name starts. */
type LinePattern = RegExp
const statLine: LinePattern = /()((?:[^,\n]*,){7})/y
const sumLine: LinePattern = /(\\?)([0-9a-f]{64}) [ *]/y

/** Values by name. Lines are in the order of the names; some may be missing. */
function linesByName(
  text: string | undefined,
  { names, line }: { readonly names: readonly string[]; readonly line: LinePattern },
): Map<string, string> {
  if (text === undefined) throw malformed()
  const values = new Map<string, string>()
  let at = 0
  for (const name of names) {
    line.lastIndex = at
    const [head, escaped, value] = line.exec(text) ?? []
    if (head === undefined || value === undefined) continue
    const written = escaped === '\\' ? name.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r') : name
    const plain = escaped === '\\' ? name.replaceAll('\\', '\\\\').replaceAll('\n', '\\n') : name
    const found = [written, plain].find(form => text.startsWith(`${form}\n`, at + head.length))
    if (found === undefined) continue
    values.set(name, value)
    at += head.length + found.length + 1
  }
  return values
}

function entryOf(name: string, { stats, sums, targets }: Batch): HostEntry | undefined {
  const [mode, mtime, size, uid, gid, user, group] = stats.get(name)?.split(',') ?? []
  if (mode === undefined || mtime === undefined || size === undefined) return undefined
  const raw = Number.parseInt(mode, 16)
  const type = typeOfMode(raw)
  const sha256 = sums.get(name)
  const target = targets.get(name)
  if ((type === 'file' && sha256 === undefined) || (type === 'symlink' && !target)) return undefined
  return {
    path: relative(name),
    type,
    rawMode: raw,
    mode: raw & 0o7777,
    mtimeMs: Number(mtime) * 1000,
    size: type === 'file' ? Number(size) : 0,
    owner: { uid: uid ?? '', gid: gid ?? '', user: user ?? '', group: group ?? '' },
    ...(type === 'file' && sha256 !== undefined && { sha256 }),
    ...(type === 'symlink' && target !== undefined && { target: utf8(target) }),
  }
}

const rawMode = (line: string | undefined): number => Number.parseInt(line ?? '', 16)

/** `./a/b` as `a/b`, the directory itself as nothing. @throws TransportError for every other kind of name */
function relative(name: string): string {
  if (name === '.') return ''
  const path = utf8(name)
  const parts = path.split('/')
  if (parts[0] !== '.' || parts.slice(1).some(part => part === '' || part === '.' || part === '..')) {
    throw new TransportError('transfer', `the host sent the name ${JSON.stringify(path)}, which leads elsewhere`)
  }
  return parts.slice(1).join('/')
}

/** @throws TransportError for bytes that are no UTF-8 */
function utf8(latin1: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(latin1, 'latin1'))
  } catch (cause) {
    throw new TransportError('transfer', `${JSON.stringify(latin1)}: the name is not UTF-8`, { cause })
  }
}

const malformed = (): TransportError => new TransportError('transfer', 'the host did not send a list of files')
