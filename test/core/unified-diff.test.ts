import { describe, expect, test } from 'bun:test'
import { applyPatch, createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff'
import fc from 'fast-check'
import { unifiedDiff } from '../../src/lib/core/unified-diff.ts'

const diffOf = (before: string, after: string): string =>
  unifiedDiff({ name: '/etc/motd', text: before }, { name: '/etc/motd', text: after })

const numbered = (count: number, word: string): string =>
  Array.from({ length: count }, (_, index) => `${word} ${index}\n`).join('')

describe('a unified diff', () => {
  test('is what the library makes of the whole texts', () => {
    const before = numbered(100, 'option')
    const after = before
      .replace('option 40\n', 'worker_connections 2048\n')
      .replace('option 44\n', '')
      .replace('option 90\n', 'x\ny\n')
    const whole = createTwoFilesPatch('/etc/motd', '/etc/motd', before, after, '', '', {
      context: 3,
      headerOptions: FILE_HEADERS_ONLY,
    })
    expect(diffOf(before, after)).toBe(whole)
  })

  test.each([
    ['a new file', '', 'welcome\n', '@@ -0,0 +1,1 @@\n+welcome\n'],
    ['a file that becomes empty', 'welcome\n', '', '@@ -1,1 +0,0 @@\n-welcome\n'],
    ['a line without an end', 'a\nb\n', 'a\nb', '@@ -1,2 +1,2 @@\n a\n-b\n+b\n\\ No newline at end of file\n'],
    ['lines at the end', 'a\nb\nc\nd\n', 'a\nb\nc\nd\ne\n', '@@ -2,3 +2,4 @@\n b\n c\n d\n+e\n'],
  ])('tells %s', (_, before, after, hunk) => {
    expect(diffOf(before, after)).toBe(`--- /etc/motd\n+++ /etc/motd\n${hunk}`)
  })

  test('leads from the one text to the other, whatever they are', () => {
    const line = fc.constantFrom('a\n', 'b\n', 'c\r\n', '\n', 'd', '\\ No newline at end of file\n')
    const text = fc.array(line, { maxLength: 30 }).map(lines => lines.join(''))
    fc.assert(
      fc.property(text, text, (before, after) => {
        const diff = diffOf(before, after)
        expect(diff === '' ? before : applyPatch(before, diff)).toBe(after)
      }),
      { numRuns: 1000 },
    )
  })

  test('of large files that have nothing in common is made in linear time', () => {
    const [before, after] = [numbered(50_000, 'option'), numbered(60_000, 'setting')]
    const start = performance.now()
    const diff = diffOf(before, after)
    expect(performance.now() - start).toBeLessThan(10_000)
    expect(applyPatch(before, diff)).toBe(after)
  })
})
