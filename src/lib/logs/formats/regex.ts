import { OpsError } from '../../core/errors.ts'
import { parsePattern } from '../../core/pattern.ts'
import { expressionScanner } from './expression/expression-scanner.ts'
import { type Format, Misfit } from './format.ts'
import { jsonText } from './json-text.ts'
import { jsonCount } from './number.ts'
import { textFormat } from './text-format.ts'

/**
 * Lines by a regular expression of RE2, which takes time in proportion to the line whatever that is; its named groups are the fields.
 * `exactOnly` leaves out the quick path: tests compare.
 * @throws OpsError E_USAGE
 */
export function regexFormat(text: string, { exactOnly = false } = {}): Format {
  const pattern = parsed(text)
  if (pattern.names.length === 0) {
    throw new OpsError('E_USAGE', `--format regex: '${text}' has no named group`, {
      hint: 'name what is to be a field: (?P<status>\\d+)',
    })
  }
  const names = pattern.names.map(name => JSON.stringify(name))
  const fields = pattern.names.map(name => ({ name, groups: [name], kind: 'count' as const }))
  const scanner = exactOnly ? undefined : expressionScanner(text, fields)
  const read = (line: string): string | Misfit => {
    const found = pattern.values(line)
    if (found === undefined) return new Misfit('does not match')
    let record = '{'
    for (let index = 0; index < names.length; index++) {
      const value = found[index]
      if (value === undefined || value === '-') continue
      record += `${record === '{' ? '' : ','}${names[index]}:${numberOf(value) ?? jsonText(value)}`
    }
    return `${record}}`
  }
  return textFormat('regex', () => read, { scanner })
}

function numberOf(value: string): string | undefined {
  const first = value.charCodeAt(0)
  return (first >= zero && first <= nine) || first === dash ? jsonCount(value) : undefined
}

const [dash, zero, nine] = [45, 48, 57]

function parsed(text: string): ReturnType<typeof parsePattern> {
  try {
    return parsePattern(text, { multiline: false })
  } catch (error) {
    throw new OpsError('E_USAGE', `--format regex: ${error instanceof Error ? error.message : String(error)}`, {
      hint: 'the syntax is that of RE2: no look-around, no back references',
      cause: error,
    })
  }
}
