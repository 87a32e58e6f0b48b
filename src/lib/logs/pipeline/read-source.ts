import { OpsError } from '../../core/errors.ts'
import { readSize, readText, readWords } from '../../core/file-fields.ts'
import type { FileNode } from '../../core/file-node.ts'
import type { Framing } from '../../core/log-source.ts'
import { cri } from '../formats/containers.ts'
import type { Format } from '../formats/format.ts'
import { dockerJson } from '../formats/json-lines.ts'
import { formatOf } from '../formats/known-formats.ts'
import { piecesFrom } from '../formats/pieces.ts'
import type { PipelineSource } from './pipeline.ts'
import { type Components, readComponent } from './read-component.ts'
import { readMultiline } from './read-multiline.ts'

/** What every source has besides its own parameters. */
const besides = ['format', 'max_line', 'long_lines', 'encoding', 'multiline'] as const

const defaultFraming: Framing = { maxLineBytes: 1024 * 1024, longLines: 'cut' }
const maxMaxLine = 64 * 1024 * 1024

/** One member of `sources:`. */
export async function readSource(components: Components, node: FileNode): Promise<PipelineSource | undefined> {
  const name = String(node.key)
  const found = await readComponent(components, node, { kind: 'source', besides })
  if (!found) return undefined
  const format = readFormat(node.child('format'), found.built.usualFormat)
  const config = JSON.stringify(node.value)
  const framing = withPieces(readFraming(node), format)
  return { name, type: found.type, source: found.built, framing, config, ...(format && { format }) }
}

function readFraming(node: FileNode): Framing {
  const line = node.child('max_line')
  const maxLineBytes = readSize(line, 1) ?? defaultFraming.maxLineBytes
  if (maxLineBytes > maxMaxLine) line.wrong('max_line is at most 64 MiB', { hint: 'the longest line is held in memory' })
  const [longLines] = readWords(node.child('long_lines'), ['cut', 'split', 'skip']) ?? []
  const [encoding] = readWords(node.child('encoding'), ['utf-8', 'utf-16le', 'utf-16be', 'latin1', 'gb18030']) ?? []
  const multiline = readMultiline(node.child('multiline'))
  return {
    maxLineBytes,
    longLines: longLines ?? defaultFraming.longLines,
    ...(encoding && { encoding }),
    ...(multiline && { multiline }),
  }
}

/** Also where the format is still to be found out. */
const withPieces = (framing: Framing, format: Format | undefined): Framing =>
  framing.multiline === undefined && (format === undefined || format === cri || format === dockerJson)
    ? { ...framing, pieces: { from: piecesFrom, timeoutMs: piecesTimeoutMs } }
    : framing

/** Runtimes write the pieces of a line at once. */
const piecesTimeoutMs = 1000

function readFormat(node: FileNode, usual = 'auto'): Format | undefined {
  try {
    return formatOf(readText(node) ?? usual)
  } catch (error) {
    if (!(error instanceof OpsError)) throw error
    return node.wrong(error.message.replace(/^--format:? /, 'format: '), { hint: error.hint })
  }
}
