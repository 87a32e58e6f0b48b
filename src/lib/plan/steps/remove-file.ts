import { z } from 'zod'
import { defineStep } from '../../core/component.ts'
import { pathField, secretField } from '../../core/host-fields.ts'
import type { Json } from '../../core/json.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { parseParams } from '../../core/params.ts'
import { StepError, type StepKind } from '../../core/plan.ts'
import { demandOwn, demandRestored, removeImaged, restoreFile, restoreFileAlone } from './file-changes.ts'
import { contentDifference } from './file-difference.ts'
import { captureFile, imageOf, lookAgain } from './file-image.ts'

const Params = z.strictObject({ path: pathField(), secret: secretField() })

/** Removes a file, or a symbolic link itself; a directory is refused. An undo makes it again with content, mode, owner and time. */
export default defineStep({
  type: 'remove-file',
  version: '1.0.0',
  summary: 'file or symbolic link that must not be there',
  stability: 'beta',
  schema: jsonSchemaOf(Params),
  example: { path: '/etc/nginx/sites-enabled/default' },
  build: config => removesFile(config),
})

function removesFile(config: Json): StepKind {
  const { path, secret } = parseParams(Params, config)
  return {
    describe: () => `remove ${path}`,
    capture: place => captureFile(place, { path, follow: false, gone: true }),
    needed: before => imageOf(before).kind !== 'absent',
    diff(before) {
      const image = imageOf(before)
      if (image.kind === 'link') return `${path}: link to ${image.link} -> absent\n`
      return image.kind === 'absent' ? '' : contentDifference(image, undefined, { secret })
    },
    do: (place, before) => removeImaged(place, imageOf(before)),
    async verify(place, before) {
      const { kind } = await lookAgain(place, imageOf(before))
      if (kind !== 'absent') throw new StepError(`${path} is still there`)
    },
    undo: (place, before) => restoreFile(place, imageOf(before)),
    demandOwn: (place, before) => demandOwn(place, imageOf(before), 'absent'),
    verifyUndone: (place, before) => demandRestored(place, imageOf(before)),
    undoAlone: before => [restoreFileAlone(imageOf(before))],
  }
}
