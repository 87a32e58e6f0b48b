import { describe, expect, test } from 'bun:test'
import type { Item } from '../../src/lib/core/item.ts'
import { type Report, ReportFold } from '../../src/lib/core/report.ts'
import { outputs, reports } from '../golden/reports.ts'
import { MemoryOutputs, tagStyle } from '../render/memory-outputs.ts'
import { renderers } from '../render/renderers.ts'

// What holds for every renderer, those to come included.

const components = await renderers()

test('every format of the command line has a renderer, and no two have one name', () => {
  const formats = ['human', 'html', 'json', 'junit', 'nagios', 'ndjson', 'prometheus', 'table', 'tap', 'yaml']
  const types = components.map(({ type }) => type)
  expect(types).toEqual(expect.arrayContaining(formats))
  expect(new Set(types).size).toBe(types.length)
})

const big = manyItems(10_000)

for (const component of components) {
  describe(component.type, () => {
    const renderer = component.build(component.example)

    async function pieces(report: Report, env = outputs.env()): Promise<string[]> {
      const found: string[] = []
      for (const item of report.items) if (renderer.item) found.push(await renderer.item(item, env))
      for await (const piece of renderer.render(report, env)) found.push(piece)
      return found
    }

    test('says what it is', () => {
      expect(component.kind).toBe('renderer')
      expect(component.type).toMatch(/^[a-z][a-z0-9-]*$/)
      expect(component.summary).toMatch(/^[a-z].*[^.]$/)
      expect(component.schema).toMatchObject({ type: 'object' })
      expect(renderer.mime).toMatch(/^[a-z]+\/[a-z.+-]+/)
    })

    for (const [name, report] of Object.entries(reports)) {
      test(`renders ${name} twice the same, to the end of a line`, async () => {
        const text = (await pieces(report)).join('')
        expect((await pieces(report)).join('')).toBe(text)
        expect(text === '' || text.endsWith('\n')).toBe(true)
        expect(text.isWellFormed()).toBe(true)
      })

      test(`lets no control character of ${name} through`, async () => {
        expect((await pieces(report)).join('')).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/)
      })
    }

    if (renderer.machine) {
      test('takes no notice of colour and width', async () => {
        for (const report of Object.values(reports)) {
          expect(await pieces(report, outputs.env({ style: tagStyle, width: 40 }))).toEqual(await pieces(report))
        }
      })
    }

    test('prints 10,000 items in pieces of bounded size', async () => {
      const largest = Math.max(0, ...(await pieces(big)).map(piece => piece.length))
      expect(largest).toBeLessThan(128 * 1024)
    }, 20_000)

    test('says everything of output that is not UTF-8 without a throw', async () => {
      const held = new MemoryOutputs()
      const stdout = held.hold(Uint8Array.from({ length: 512 }, (_, at) => at % 256))
      const report = { ...big, items: big.items.slice(0, 1).map(item => ({ ...item, output: { stdout, stderr: stdout } })) }
      const blocks = [{ title: 'web1', hosts: ['web1'], outcome: 'ok' as const, body: [stdout] }]
      expect((await pieces({ ...report, blocks }, held.env())).join('')).not.toBe('')
    })
  })
}

function manyItems(count: number): Report {
  const fold = new ReportFold()
  for (let at = 0; at < count; at++) fold.add(itemOf(at))
  const fixed = {
    kind: 'exec',
    version: 1,
    runId: 'r1',
    title: 'uptime',
    startedAt: '2026-11-22T03:14:15.926Z',
    durationMs: 9,
    changed: false,
  } as const
  return { ...fixed, counts: fold.counts, items: fold.items(), omitted: 0 }
}

/** One host in ten fails, each fifth of those in a way of its own. */
function itemOf(at: number): Item {
  const host = `web${at}`
  const bad = at % 10 === 0
  const message = at % 50 === 0 ? `no session ${at}` : 'publickey refused'
  return {
    path: host,
    host,
    name: 'uptime',
    outcome: bad ? 'failed' : 'ok',
    ...(bad && { reason: 'auth', message }),
    startedAt: '2026-11-22T03:14:15.926Z',
    durationMs: at % 977,
    output: { stdout: outputs.hold(' 03:14:16 up 41 days\n') },
  }
}
