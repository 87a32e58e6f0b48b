import { parsePattern } from '../../../core/pattern.ts'
import type { MaskPattern } from './mask-pattern.ts'

/** An expression of the user's own. @throws Error that says what is wrong */
export function ownPattern(text: string): MaskPattern {
  const pattern = parsePattern(text, { multiline: false })
  if (pattern.find('') !== undefined) throw new Error('it fits a place where nothing is')
  return { name: text, mayBeIn: () => true, masked: (subject, replace) => pattern.replaceAll(subject, replace) }
}
