import { readWords } from '../../../core/file-fields.ts'
import { isMapping } from '../../../core/file-node.ts'
import type { RecordCondition } from '../../../core/record-condition.ts'
import { fieldPath } from '../field-path.ts'
import { meets, readCondition } from '../read-condition.ts'
import { knownKeys } from '../read-keys.ts'
import { changing, filtered, type ReadStep } from '../step.ts'

const onErrors = ['dead', 'keep', 'drop'] as const

/** `filter: 'status >= 500'`: others go no further. Where that can not be said of a record, `on_error` decides. */
export const readFilterStep: ReadStep = node => {
  if (isMapping(node.value)) knownKeys(node, { noun: 'a filter', keys: ['when', 'on_error'] })
  const when = isMapping(node.value) ? node.child('when') : node
  if (when.isAbsent) return when.wrong('a filter needs when:', { hint: 'write `filter: status >= 500`' })
  const condition = readCondition(when)
  const [onError = 'dead'] = readWords(node.child('on_error'), onErrors) ?? []
  if (condition === undefined) return undefined
  return () => ({
    decides: true,
    apply(draft) {
      const met = meets(condition, draft)
      if (met === true || (met !== false && onError === 'keep')) return undefined
      return met === false || onError === 'drop' ? filtered : { stage: 'filter', reason: met.message }
    },
  })
}

/** `route: { errors: status >= 500, slow: request_time > 2 }`: the first name of which the condition is met becomes the field `route`. */
export const readRoute: ReadStep = node => {
  const members = node.members('route', 'write `route: { errors: status >= 500, slow: request_time > 2 }`')
  if (members === undefined) return undefined
  const routes = [...members].flatMap(([name, member]): { name: string; condition: RecordCondition }[] => {
    const condition = readCondition(member)
    return condition ? [{ name: JSON.stringify(name), condition }] : []
  })
  return () =>
    changing(draft => {
      const taken = routes.find(({ condition }) => meets(condition, draft) === true)
      if (taken) draft.set(routeField, taken.name)
    })
}

const routeField = fieldPath('route')
