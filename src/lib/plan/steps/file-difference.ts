import { formatSize } from '../../core/size.ts'
import { unifiedDiff } from '../../core/unified-diff.ts'
import { contentOf, type FileImage, type FileState } from './file-image.ts'

/** What would change in a file, for people: a unified diff, or the sizes of what is not text or is `secret`. */
export function contentDifference(image: FileImage, content: Uint8Array | undefined, { secret = false } = {}): string {
  const old = contentOf(image)
  const after = content ?? new Uint8Array()
  if (content !== undefined && image.kind === 'file' && old.equals(after)) return ''
  const [before, now] = secret ? [] : [textOf(old), textOf(after)]
  if (before === undefined || now === undefined || (before === '' && now === '')) {
    const sizes = [image.kind === 'absent' ? 'absent' : formatSize(old.length), content ? formatSize(after.length) : 'absent']
    return `${image.target}: ${sizes.join(' -> ')}\n`
  }
  const diff = unifiedDiff(
    { name: image.kind === 'absent' ? '/dev/null' : image.target, text: before },
    { name: content === undefined ? '/dev/null' : image.target, text: now },
  )
  return diff + lineEndDifference(image.target, before, now)
}

/** What a diff on a terminal does not show. */
function lineEndDifference(target: string, old: string, after: string): string {
  const ends = (text: string): string | undefined => (text.includes('\r\n') ? 'CR LF' : text.includes('\n') ? 'LF' : undefined)
  const [before, now] = [ends(old), ends(after)]
  return before === undefined || now === undefined || before === now ? '' : `${target}: line ends ${before} -> ${now}\n`
}

/** Lines `mode 0644 -> 0600` for what would change besides the content. */
export function attributeDifference(image: FileImage, { mode, owner }: WantedAttributes): string {
  if (image.kind !== 'file') return ''
  const lines = []
  if (!hasMode(image, mode)) lines.push(`${image.target}: mode ${image.mode} -> ${mode?.padStart(4, '0')}\n`)
  if (!hasOwner(image, owner)) lines.push(`${image.target}: owner ${image.user}:${image.group} -> ${owner}\n`)
  return lines.join('')
}

interface WantedAttributes {
  readonly mode?: string | undefined
  readonly owner?: string | undefined
}

/** Without a wish every mode will do. */
export const hasMode = (state: FileState, mode: string | undefined): boolean =>
  mode === undefined || Number.parseInt(state.mode, 8) === Number.parseInt(mode, 8)

/** `user`, `user:group` or `:group`, by names or numbers; without a wish every owner will do. */
export function hasOwner(state: FileState, owner: string | undefined): boolean {
  const [user = '', group = ''] = owner?.split(':') ?? []
  return (user === '' || [state.user, state.uid].includes(user)) && (group === '' || [state.group, state.gid].includes(group))
}

/** Undefined for what is not text. */
function textOf(content: Uint8Array): string | undefined {
  if (content.includes(0)) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content)
  } catch {
    return undefined
  }
}
