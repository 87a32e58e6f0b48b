import { createHash, randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { Json } from '../../core/json.ts'
import { StepError, type StepPlace } from '../../core/plan.ts'
import { formatSize } from '../../core/size.ts'
import { splitFields } from '../../transport/host-script.ts'
import { lookAtFile } from './file-scripts.ts'
import { demandFields, runScript } from './on-host.ts'

/** What is at a path. */
const FileState = z.object({
  kind: z.enum(['absent', 'file', 'link']),
  mode: z.string(),
  uid: z.string(),
  gid: z.string(),
  user: z.string(),
  group: z.string(),
  /** Seconds since the epoch, with nanoseconds where the host tells them: `1767268800.123456789`. */
  mtime: z.string(),
  /** SELinux context; empty where there is none. */
  context: z.string(),
  /** Of a link. */
  link: z.string(),
  /** Of a file, lower-case hex. */
  sha256: z.string(),
})
export type FileState = z.output<typeof FileState>

/** A file as it was: all that is needed to put it back. */
export const FileImage = FileState.extend({
  /** Where it really is: links of the path followed, unless the link itself is meant. */
  target: z.string(),
  /** The name, beside the target, under which a new content is made ready. Random, and known to whoever must clear it away. */
  stage: z.string(),
  /** Directories above the target that did not exist, the outermost first. */
  missing: z.array(z.string()),
  /** Of a file, base64. */
  content: z.string(),
})
export type FileImage = z.output<typeof FileImage>

/** Larger files are not taken into a journal. */
const maxBytes = 8 * 1024 ** 2

const fieldCount = 7

/**
 * Takes the image of a path. `follow`: a symbolic link stands for what it points to, as for an editor. `gone`: the file is not replaced but
 * removed, so what an image has no place for would be lost. @throws StepError
 */
export async function captureFile(
  place: StepPlace,
  { path, follow, gone = false }: { path: string; follow: boolean; gone?: boolean },
): Promise<FileImage> {
  const script = lookAtFile(path)
  const printed = await runScript(place, script, { args: [path, follow ? 'follow' : '', String(maxBytes), gone ? 'plain' : ''] })
  const { fields, rest } = demandFields(splitFields(printed, fieldCount), script)
  const [target = '', size = '', count = '', ...state] = fields
  if (Number(size) > maxBytes) {
    throw new StepError(`${path} has ${formatSize(Number(size))}: no more than ${formatSize(maxBytes)} can be kept for an undo`)
  }
  const { fields: missing, rest: content } = demandFields(splitFields(rest, Number(count)), script)
  const image = {
    ...stateOf(state),
    target,
    stage: `${target.slice(0, target.lastIndexOf('/') + 1)}.opsctl-${randomBytes(8).toString('hex')}`,
    missing,
    content: content.toString('base64'),
  }
  if (image.kind === 'file' && sha256Of(content) !== image.sha256) throw new StepError(`${path} changed while it was read`)
  return image
}

/** What is at the target of an image now. @throws StepError */
export async function lookAgain(place: StepPlace, image: FileImage): Promise<FileState> {
  const script = lookAtFile(image.target)
  const printed = await runScript(place, script, { args: [image.target, '', '', ''] })
  return stateOf(demandFields(splitFields(printed, fieldCount), script).fields.slice(3))
}

/** Reads an image from what was captured, perhaps in another process. */
export const imageOf = (before: Json): FileImage => FileImage.parse(before)

export const contentOf = (image: FileImage): Buffer => Buffer.from(image.content, 'base64')

export const sha256Of = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex')

function stateOf([kind = '', meta = '', context = '', last = '']: readonly string[]): FileState {
  const [mode = '', uid = '', gid = '', user = '', group = '', seconds = '', time = ''] = meta.split('/')
  const fraction = /\.(\d+)/.exec(time)?.[1]
  return FileState.parse({
    kind,
    mode: mode === '' ? '' : mode.padStart(4, '0'),
    uid,
    gid,
    user,
    group,
    mtime: fraction === undefined ? seconds : `${seconds}.${fraction}`,
    // Where there is no SELinux stat prints a question mark or its own format.
    context: /^[\w.-]+(:[\w.,-]+){2,}$/.test(context) ? context : '',
    link: kind === 'link' ? last : '',
    sha256: kind === 'file' ? last.slice(0, 64) : '',
  })
}
