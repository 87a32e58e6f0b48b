import { type FieldPath, readFields } from '../field-path.ts'
import { isNumberText, isStringText, plainOf } from '../json-members.ts'
import { changing, type ReadStep, type StepPlan } from '../step.ts'

/** `number: [fields]`: texts that are decimal numbers. What is none, or has more digits than a double keeps, stays a text. */
export const readNumber: ReadStep = node =>
  converting(readFields(node), json => (isStringText(json) ? numberOf(plainOf(json)) : undefined))

/** `text: [fields]`: numbers and truths as texts, digit by digit. */
export const readText: ReadStep = node =>
  converting(readFields(node), json =>
    isNumberText(json) || json === 'true' || json === 'false' ? JSON.stringify(json) : undefined,
  )

function converting(
  fields: readonly FieldPath[] | undefined,
  convert: (json: string) => string | undefined,
): StepPlan | undefined {
  if (fields === undefined) return undefined
  return () =>
    changing(draft => {
      for (const field of fields) {
        const json = draft.get(field)
        const converted = json === undefined ? undefined : convert(json)
        if (converted !== undefined) draft.set(field, converted)
      }
    })
}

/** As JSON writes it: zeros in front and a plus go. */
function numberOf(text: string): string | undefined {
  const [, sign = '', whole, fraction = '', exponent = ''] =
    /^([+-]?)(\d{1,40})(\.\d{1,40})?([eE][+-]?\d{1,3})?$/.exec(text.trim()) ?? []
  if (whole === undefined) return undefined
  const digits = whole.replace(/^0+(?=\d)/, '')
  const isKept =
    fraction + exponent === '' ? Number.isSafeInteger(Number(digits)) : digits.length + fraction.length <= safeDigits + 1
  return isKept ? `${sign === '-' ? '-' : ''}${digits}${fraction}${exponent}` : undefined
}

/** So many digits a double keeps, whatever they are. */
const safeDigits = 15
