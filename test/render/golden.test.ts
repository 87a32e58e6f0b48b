import { describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RenderEnv } from '../../src/lib/core/component.ts'
import { exitCodeOf } from '../../src/lib/core/exit.ts'
import type { Report } from '../../src/lib/core/report.ts'
import { humanSummary } from '../../src/lib/render/human-summary.ts'
import { outputs, reports } from '../golden/reports.ts'
import { tagStyle, textOf } from './memory-outputs.ts'
import { renderers } from './renderers.ts'

// Each file is a report in a format; its name holds the exit code. UPDATE_GOLDEN=1 writes them anew: read the diff.
const folder = join(import.meta.dirname, '../golden')
const update = process.env['UPDATE_GOLDEN'] === '1'
const terminal: Partial<RenderEnv> = { width: 80, style: tagStyle }

const variants: Record<string, (report: Report) => Promise<string>> = {}
for (const { type, build } of await renderers()) {
  const renderer = build({})
  variants[type] = async report => {
    const items = renderer.item ? await Promise.all(report.items.map(item => renderer.item?.(item, outputs.env()))) : []
    return items.join('') + (await textOf(renderer.render(report, outputs.env())))
  }
  if (!renderer.machine) variants[`${type}-terminal`] = report => textOf(renderer.render(report, outputs.env(terminal)))
}
variants['summary'] = async report => humanSummary(report, outputs.env())
variants['summary-terminal'] = async report => humanSummary(report, outputs.env(terminal))

const expected = new Set<string>()
for (const [name, report] of Object.entries(reports)) {
  describe(name, () => {
    for (const [variant, render] of Object.entries(variants)) {
      const file = `${name}.${exitCodeOf(report)}.${variant}`
      expected.add(file)
      test(`as ${variant} reads as ${file} says`, async () => {
        const text = await render(report)
        if (update) writeFileSync(join(folder, file), text)
        expect(text).toBe(readFileSync(join(folder, file), 'utf8'))
      })
    }
  })
}

test('every golden file belongs to a report and a format', () => {
  const files = readdirSync(folder).filter(file => !file.endsWith('.ts'))
  expect(files.filter(file => !expected.has(file))).toEqual([])
})
