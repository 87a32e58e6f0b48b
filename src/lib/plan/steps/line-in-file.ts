import { z } from 'zod'
import { defineStep } from '../../core/component.ts'
import { pathField, patternField, secretField } from '../../core/host-fields.ts'
import type { Json } from '../../core/json.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { parseParams } from '../../core/params.ts'
import { StepError, type StepKind } from '../../core/plan.ts'
import { demandOwn, demandRestored, restoreFile, restoreFileAlone, writeOver } from './file-changes.ts'
import { contentDifference } from './file-difference.ts'
import { captureFile, contentOf, type FileImage, imageOf, lookAgain, sha256Of } from './file-image.ts'
import { editLines } from './line-edit.ts'

const Params = z.strictObject({
  path: pathField(),
  line: z
    .string()
    .regex(/^[^\0\r\n]*$/, 'is more than one line')
    .describe('the line, without its end'),
  match: patternField()
    .optional()
    .describe('regular expression (JavaScript): present replaces the last line that it finds, absent removes all of them'),
  state: z.enum(['present', 'absent']).default('present'),
  secret: secretField(),
})
type Params = z.output<typeof Params>

/**
 * Keeps one line of a file that exists. `present`: when the line is not there, it takes the place of the last line that `match` finds, else
 * it goes to the end. `absent`: all lines that equal it, and all that `match` finds, go. An undo puts the whole file back.
 */
export default defineStep({
  type: 'line-in-file',
  version: '1.0.0',
  summary: 'line that must or must not stand in a file',
  stability: 'beta',
  schema: jsonSchemaOf(Params),
  example: { path: '/etc/ssh/sshd_config', line: 'PermitRootLogin no', match: '^#?PermitRootLogin\\s' },
  build: config => lineInFile(config),
})

function lineInFile(config: Json): StepKind {
  const params = parseParams(Params, config)
  const { path, line, state, secret } = params
  return {
    describe: () => `${state === 'present' ? 'keep' : 'remove'} ${secret ? 'a secret line' : `the line '${line}'`} in ${path}`,
    async capture(place) {
      const image = await captureFile(place, { path, follow: true })
      if (image.kind !== 'file' && state === 'present') throw new StepError(`${path} does not exist; write-file makes files`)
      edited(image, params)
      return image
    },
    needed: before => edited(imageOf(before), params) !== undefined,
    diff(before) {
      const image = imageOf(before)
      return contentDifference(image, edited(image, params) ?? contentOf(image), { secret })
    },
    async do(place, before) {
      const content = edited(imageOf(before), params)
      if (content) await writeOver(place, imageOf(before), { content })
    },
    async verify(place, before) {
      const image = imageOf(before)
      const { sha256 } = await lookAgain(place, image)
      const wanted = edited(image, params)
      if (sha256 !== (wanted ? sha256Of(wanted) : image.sha256)) throw new StepError(`${path} is not as written`)
    },
    undo: (place, before) => restoreFile(place, imageOf(before)),
    demandOwn(place, before) {
      const image = imageOf(before)
      return demandOwn(place, image, edited(image, params) ?? contentOf(image))
    },
    verifyUndone: (place, before) => demandRestored(place, imageOf(before)),
    undoAlone: before => [restoreFileAlone(imageOf(before))],
  }
}

/** The new content; undefined when the old one will do. @throws StepError when the line can not be written in the file's encoding */
function edited(image: FileImage, params: Params): Buffer | undefined {
  return image.kind === 'file' ? editLines(contentOf(image), params) : undefined
}
