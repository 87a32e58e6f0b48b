import { z } from 'zod'
import { defineStep } from '../../core/component.ts'
import { modeField, ownerField, pathField, secretField } from '../../core/host-fields.ts'
import type { Json } from '../../core/json.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { parseParams } from '../../core/params.ts'
import { StepError, type StepKind } from '../../core/plan.ts'
import { demandOwn, demandRestored, restoreFile, restoreFileAlone, writeOver } from './file-changes.ts'
import { attributeDifference, contentDifference, hasMode, hasOwner } from './file-difference.ts'
import { captureFile, type FileState, imageOf, lookAgain, sha256Of } from './file-image.ts'

const Params = z
  .strictObject({
    path: pathField(),
    content: z.string().optional().describe('the whole content, as text'),
    contentBase64: z.base64().optional().describe('the whole content, for what is not text'),
    mode: modeField().optional(),
    owner: ownerField().optional(),
    secret: secretField(),
    parents: z.boolean().optional().describe('make the directories above it; an undo removes them again while they are empty'),
  })
  .refine(({ content, contentBase64 }) => (content === undefined) !== (contentBase64 === undefined), {
    error: 'needs one of content and contentBase64',
  })

/**
 * Replaces a file by one rename. A symbolic link is followed, as an editor does. Mode, owner, ACL, attributes and SELinux context of the
 * file that is replaced stay unless told; other hard links to it keep the old content. An undo puts content, mode, owner, context and
 * time back, also over what somebody else wrote in between: to ask demandOwn first is up to the engine.
 */
export default defineStep({
  type: 'write-file',
  version: '1.0.0',
  summary: 'file with a given content: written beside it, checked, renamed; keeps mode and owner',
  stability: 'beta',
  schema: jsonSchemaOf(Params),
  example: { path: '/etc/motd', content: 'web1: part of the shop, see runbook 12\n', mode: '0644' },
  build: config => writeFile(config),
})

function writeFile(config: Json): StepKind {
  const params = parseParams(Params, config)
  const { path, mode, owner, parents, secret } = params
  const content =
    params.contentBase64 === undefined ? Buffer.from(params.content ?? '') : Buffer.from(params.contentBase64, 'base64')
  const sha256 = sha256Of(content)
  const wrong = (state: FileState): string | undefined => {
    if (state.kind !== 'file' || state.sha256 !== sha256) return 'its content is another'
    if (!hasMode(state, mode)) return `its mode is ${state.mode}`
    return hasOwner(state, owner) ? undefined : `its owner is ${state.user}:${state.group}`
  }
  return {
    describe: () => `write ${path}`,
    async capture(place) {
      const image = await captureFile(place, { path, follow: true })
      const [missing] = image.missing
      if (missing && !parents) throw new StepError(`the directory ${missing} does not exist; parents: true makes it`)
      return image
    },
    needed: before => wrong(imageOf(before)) !== undefined,
    diff: before => contentDifference(imageOf(before), content, { secret }) + attributeDifference(imageOf(before), params),
    do: (place, before) => writeOver(place, imageOf(before), { content, mode, owner, parents }),
    async verify(place, before) {
      const problem = wrong(await lookAgain(place, imageOf(before)))
      if (problem) throw new StepError(`${path} is not as written: ${problem}`)
    },
    undo: (place, before) => restoreFile(place, imageOf(before)),
    demandOwn: (place, before) => demandOwn(place, imageOf(before), content),
    verifyUndone: (place, before) => demandRestored(place, imageOf(before)),
    undoAlone: before => [restoreFileAlone(imageOf(before))],
  }
}
