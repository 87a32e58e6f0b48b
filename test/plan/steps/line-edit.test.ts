import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { editLines, type LineEdit } from '../../../src/lib/plan/steps/line-edit.ts'

const present = (line: string, match?: string): LineEdit => ({ line, match, state: 'present' })
const absent = (line: string, match?: string): LineEdit => ({ line, match, state: 'absent' })
const utf8 = (text: string): Buffer => Buffer.from(text)

test.each([
  ['nothing, where the line stands', 'a\nb\n', present('a'), undefined],
  ['a new last line', 'a\n', present('b'), 'a\nb\n'],
  ['the end of the last line too', 'a', present('b'), 'a\nb\n'],
  ['an empty file', '', present('b'), 'b\n'],
  ['the last line that matches', '#x 1\nx 2\ny\n', present('x 3', '^#?x '), '#x 1\nx 3\ny\n'],
  ['the last line, when none matches', 'y\n', present('x 3', '^#?x '), 'y\nx 3\n'],
  ['line ends of DOS stay', 'a\r\nb\r\n', present('c', '^b$'), 'a\r\nc\r\n'],
  ['line ends of DOS come along', 'a\r\n', present('c'), 'a\r\nc\r\n'],
  ['a byte order mark stays', '\ufeffa\n', present('c'), '\ufeffa\nc\n'],
  ['every equal line goes', 'a\nb\na', absent('a'), 'b\n'],
  ['every match goes', 'a 1\nb\na 2\n', absent('c', '^a '), 'b\n'],
  ['nothing, where it is not', 'b\n', absent('a'), undefined],
] as const)('%s', (_, before, edit, after) => {
  expect(editLines(utf8(before), edit)?.toString()).toBe(after as string)
})

test('bytes that are not UTF-8 stay as they are', () => {
  const content = Buffer.from('caf\xe9\nx\n', 'latin1')
  expect(editLines(content, present('th\xe9'))).toEqual(Buffer.from('caf\xe9\nx\nth\xe9\n', 'latin1'))
  expect(() => editLines(content, present('5 €'))).toThrow("the file is not UTF-8, and its encoding has no place for '5 €'")
})

test('done twice is done once, for any content', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '\n', '\r\n', ' ', 'é') })
  const line = fc.string({ unit: fc.constantFrom('a', 'b', 'é', ' '), minLength: 1 })
  fc.assert(
    fc.property(text, line, fc.constantFrom('present', 'absent'), (before, wish, state) => {
      const edit: LineEdit = { line: wish, state }
      const once = editLines(utf8(before), edit) ?? utf8(before)
      expect(editLines(once, edit)).toBeUndefined()
      const lines = once.toString().split(/\r?\n/)
      expect(lines.includes(wish)).toBe(state === 'present')
    }),
  )
})
