import { type LoneCommand, StepError, type StepPlace } from '../../core/plan.ts'
import type { HostScript } from '../../transport/host-script.ts'
import { contentOf, type FileImage, type FileState, lookAgain, sha256Of } from './file-image.ts'
import { removeFile, replaceFile, replaceLink, replacementArgs } from './file-scripts.ts'
import { loneScript, runScript, type ScriptInput } from './on-host.ts'

export interface NewFile {
  readonly content: Uint8Array
  /** Octal; of the file that is replaced when absent, 0644 for a new one. */
  readonly mode?: string | undefined
  /** Of the file that is replaced when absent. */
  readonly owner?: string | undefined
  readonly parents?: boolean | undefined
}

/** Gives the file of an image another content, unless somebody else did meanwhile. @throws StepError */
export async function writeOver(place: StepPlace, image: FileImage, { content, mode, owner, parents }: NewFile): Promise<void> {
  const args = replacementArgs({
    target: image.target,
    stage: image.stage,
    sha256: sha256Of(content),
    expected: expectation(image),
    owner: owner ?? '',
    mode: mode ?? (image.kind === 'file' ? '' : '0644'),
    context: '',
    mtime: '',
    stamp: '',
    parents: parents ? 'parents' : '',
    asBefore: '',
  })
  await runScript(place, replaceFile(image.target), { args, stdin: content })
}

/** Removes the file of an image, unless somebody changed it meanwhile. @throws StepError */
export async function removeImaged(place: StepPlace, image: FileImage): Promise<void> {
  await runScript(place, removeFile(image.target), { args: [image.target, image.stage, expectation(image)] })
}

/**
 * Puts back what the image holds, whatever is there now: also a content that neither the step nor the image knows is replaced. Does
 * nothing where all is as it was; clears away what a half-done step left. @throws StepError
 */
export async function restoreFile(place: StepPlace, image: FileImage): Promise<void> {
  await runScript(place, ...restoration(image))
}

/** The same for a host that is left to itself. */
export const restoreFileAlone = (image: FileImage): LoneCommand => loneScript(...restoration(image))

function restoration(image: FileImage): [HostScript, ScriptInput] {
  const { target, stage } = image
  if (image.kind === 'absent') return [removeFile(target), { args: [target, stage, '', ...image.missing.toReversed()] }]
  if (image.kind === 'link') return [replaceLink(target), { args: [target, stage, image.link, `${image.uid}:${image.gid}`] }]
  return [replaceFile(target), { args: restoringArgs(image), stdin: contentOf(image) }]
}

/** @throws StepError when the file is neither as its image nor as the step left it: with that content, or absent */
export async function demandOwn(place: StepPlace, image: FileImage, left: Uint8Array | 'absent'): Promise<void> {
  const now = await lookAgain(place, image)
  if (now.kind === image.kind && now.sha256 === image.sha256 && now.link === image.link) return
  if (left === 'absent' ? now.kind === 'absent' : now.kind === 'file' && now.sha256 === sha256Of(left)) return
  const what = now.kind === 'absent' ? 'was removed' : left === 'absent' ? 'was made again' : 'was changed'
  throw new StepError(`${image.target} ${what} after this change, by somebody else or a later change`)
}

/** @throws StepError when the file is not as its image */
export async function demandRestored(place: StepPlace, image: FileImage): Promise<void> {
  const [first] = differences(await lookAgain(place, image), image)
  if (first) throw new StepError(`${image.target} is not as before: ${first}`)
}

function restoringArgs(image: FileImage): string[] {
  return replacementArgs({
    target: image.target,
    stage: image.stage,
    sha256: image.sha256,
    expected: '',
    owner: `${image.uid}:${image.gid}`,
    mode: image.mode,
    context: image.context,
    mtime: image.mtime,
    stamp: touchStamp(Number.parseInt(image.mtime, 10)),
    parents: '',
    asBefore: `${image.mode.replace(/^0+(?=.)/, '')}/${image.uid}/${image.gid}/${Number.parseInt(image.mtime, 10)}`,
  })
}

/** Seconds since the epoch as `touch -t` takes them: CCYYMMDDhhmm.SS, in UTC. */
function touchStamp(seconds: number): string {
  const digits = new Date(seconds * 1000).toISOString().replace(/[^0-9]/g, '')
  return `${digits.slice(0, 12)}.${digits.slice(12, 14)}`
}

/** As the `state` of file-scripts prints it. */
function expectation(image: FileImage): string {
  return image.kind === 'absent' ? 'absent' : image.kind === 'link' ? `link:${image.link}` : image.sha256
}

/** In what a file differs from its image, most telling first. Times count to the second: not every host can set more. */
function differences(now: FileState, image: FileImage): string[] {
  if (now.kind !== image.kind) return [`it is ${nouns[now.kind]}, was ${nouns[image.kind]}`]
  const facts = [
    ['its content is', now.sha256.slice(0, 12), image.sha256.slice(0, 12)],
    ['it leads to', now.link, image.link],
    ['its mode is', now.mode, image.mode],
    ['its owner is', `${now.uid}:${now.gid}`, `${image.uid}:${image.gid}`],
    ['its context is', now.context, image.context],
    ['its time is', now.mtime.split('.')[0], image.mtime.split('.')[0]],
  ] as const
  const counted = image.kind === 'link' ? facts.filter(([what]) => what === 'it leads to' || what === 'its owner is') : facts
  return counted.flatMap(([what, is, was]) => (is === was ? [] : `${what} ${is}, was ${was}`))
}

const nouns = { absent: 'absent', file: 'a file', link: 'a symbolic link' } as const
