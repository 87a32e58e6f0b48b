import { keyPath, readField } from '../field-path.ts'
import { changing, type ReadStep } from '../step.ts'

/** `rename: { from: to }`: what is not there is not renamed; what stands under the new name is replaced. */
export const readRename: ReadStep = node => {
  const members = node.members('rename', 'write `rename: { from: to }`')
  const pairs = [...(members ?? [])].flatMap(([key, member]) => {
    const from = keyPath(key, member)
    const to = readField(member)
    return from && to ? [{ from, to }] : []
  })
  if (members === undefined) return undefined
  return () =>
    changing(draft => {
      for (const { from, to } of pairs) draft.rename(from, to)
    })
}
