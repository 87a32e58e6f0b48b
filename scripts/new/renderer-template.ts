import type { Plan } from './plan.ts'

/** A format of -o: one line an item, to be replaced by what the format is. */
export function rendererFiles(name: string): Plan {
  return {
    files: [
      { path: `src/lib/render/${name}.ts`, text: source(name) },
      { path: `test/render/${name}.test.ts`, text: test(name) },
    ],
    runs: [
      ['test', '--only-failures', '--timeout=60000', 'test/render/golden.test.ts', `test/render/${name}.test.ts`],
      ['test', '--only-failures', '--timeout=60000', '-t', name, 'test/contract/renderer.test.ts'],
    ],
    next: [
      `src/lib/render/${name}.ts: write the format; src/lib/render/tap.ts is a short example`,
      `test/render/${name}.test.ts: say what it must be; a real reader of the format is the best judge`,
      `UPDATE_GOLDEN=1 sh scripts/bun test test/render/golden.test.ts: then read the diff of test/golden/*.${name}`,
      `opsctl exec -t localhost -o ${name} -- uptime`,
    ],
  }
}

const source = (name: string): string => `import { defineRenderer } from '../core/component.ts'
import type { Report } from '../core/report.ts'
import { noConfig } from './no-config.ts'
import { labelOf, wordOf } from './standing.ts'
import { oneLine } from './visible-text.ts'

export default defineRenderer({
  type: '${name}',
  version: '1',
  summary: 'one line for each item: what came of it and what it is called',
  stability: 'experimental',
  schema: noConfig,
  example: {},
  build: () => ({ mime: 'text/plain', machine: true, render }),
})

async function* render(report: Report): AsyncIterable<string> {
  for (const item of report.items) yield \`\${wordOf(item).toUpperCase()} \${oneLine(labelOf(item))}\\n\`
}
`

const test = (name: string): string => `import { expect, test } from 'bun:test'
import renderer from '../../src/lib/render/${name}.ts'
import { outputs, reports } from '../golden/reports.ts'
import { textOf } from './memory-outputs.ts'

test.each(Object.entries(reports))('${name} has a line for each item of %s', async (_, report) => {
  const lines = (await textOf(renderer.build({}).render(report, outputs.env()))).split('\\n')
  expect(lines.pop()).toBe('')
  expect(lines).toHaveLength(report.items.length)
  expect(lines.filter(line => line.startsWith('FAILED '))).toHaveLength(report.counts.byOutcome.failed ?? 0)
})
`
