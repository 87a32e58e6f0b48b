import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Browser, Locator, Page } from 'playwright-core'
import type { Report, Span } from '../../src/lib/core/report.ts'
import html from '../../src/lib/render/html.ts'
import { ticksOf } from '../../src/lib/render/page/time-axis.ts'
import { layTimeline, type TimelineGroup } from '../../src/lib/render/page/timeline-layout.ts'
import { timelineRow } from '../../src/lib/render/page/timeline-row.ts'
import { outputs, reports } from '../golden/reports.ts'
import { needs } from '../helpers/needs.ts'
import { textOf } from './memory-outputs.ts'
import { launchChromium, openPage } from './open-page.ts'
import { poorContrast } from './poor-contrast.ts'
import { sampleChange } from './sample-change.ts'

const names = (count: number): string[] => Array.from({ length: count }, (_, at) => `web${String(at + 1).padStart(3, '0')}`)
const tenSteps = {
  ...{ 'stop-agent': 40, snapshot: 120, config: 30, 'config-tls': 25, motd: 1, package: 2600 },
  ...{ sysctl: 15, restart: 700, reload: 180, 'start-agent': 60 },
}
/** 200 hosts in 10 waves; three of the seventh fail. */
const large = sampleChange({
  ...{ hosts: names(200), steps: tenSteps, waves: Array.from({ length: 10 }, () => 20) },
  failing: { 'web127 package': 'no space left on device', 'web130 restart': 'exit 1', 'web133 restart': 'exit 1' },
})
const small = reports['wave-undone']
if (small === undefined) throw new Error('no sample report wave-undone')

const span = (startMs: number, durationMs: number, more: Partial<Span> = {}): Span => ({
  ...{ group: 'wave 1', row: 'web1', name: 'config', outcome: 'changed', durationMs, ...more },
  startedAt: new Date(startMs).toISOString(),
})

describe('an axis of time', () => {
  test('is marked in steps that people count in', () => {
    const labels = (lengthMs: number): string =>
      ticksOf(lengthMs)
        .map(tick => tick.label)
        .join(' ')
    expect(labels(1)).toBe('0 1ms')
    expect(labels(465)).toBe('0 100ms 200ms 300ms 400ms')
    expect(labels(12_300)).toBe('0 2s 4s 6s 8s 10s 12s')
    expect(labels(100_000)).toBe('0 15s 30s 45s 1m 1m15s 1m30s')
    expect(labels(3 * 3_600_000)).toBe('0 30m 1h 1h30m 2h 2h30m 3h')
    expect(labels(400 * 86_400_000)).toBe('0 56d 112d 168d 224d 280d 336d 392d')
  })
})

describe('a row of a timeline', () => {
  test('shows a step of 1 ms among minutes, in its order', () => {
    const { lanes } = timelineRow('web1', [span(0, 1), span(1, 1), span(2, 120_000)], { startMs: 0, lengthMs: 120_002 })
    expect(lanes.map(lane => lane.map(({ x, width }) => [x, width]))).toEqual([
      [
        [0, 5],
        [5, 5],
        [10, 990],
      ],
    ])
  })

  test('puts what happens at the same time side by side', () => {
    const { lanes } = timelineRow('web1', [span(0, 50), span(10, 10), span(20, 10), span(50, 50)], { startMs: 0, lengthMs: 100 })
    expect(lanes.map(lane => lane.map(({ span }) => Date.parse(span.startedAt)))).toEqual([
      [0, 50],
      [10, 20],
    ])
  })

  test('has no bar over another or off the axis, whatever happened when', () => {
    const times = fc.array(fc.tuple(fc.nat(600_000), fc.nat(60_000)), { minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(times, spans => {
        const axis = { startMs: 0, lengthMs: 660_000 }
        for (const lane of timelineRow(
          'web1',
          spans.map(([at, ms]) => span(at, ms)),
          axis,
        ).lanes) {
          let free = 0
          for (const { x, width } of lane) {
            expect(x).toBeGreaterThanOrEqual(free)
            expect(width).toBeGreaterThan(0)
            free = x + width
          }
          expect(free).toBeLessThanOrEqual(1000)
        }
      }),
    )
  })

  test('is named by what is worst in it', () => {
    const spans = [span(0, 1), span(1, 1, { outcome: 'failed' }), span(2, 1, { outcome: 'undone' })]
    expect(timelineRow('web1', spans, { startMs: 0, lengthMs: 3 }).worst.outcome).toBe('failed')
  })
})

describe('a timeline', () => {
  const shape = ({ name, parts, counts }: TimelineGroup): string =>
    `${name}: ${parts.map(part => (part.length > 1 ? `${part.length} ×` : part[0]?.name)).join(' ')} (${counts.map(({ word, count }) => `${count} ${word}`).join(' ')})`

  test('folds hosts of a large change that went the same way, and never one with trouble', () => {
    const layout = layTimeline(large)
    expect(layout?.groups.map(shape)).toEqual([
      'precheck: 200 × (200 ok)',
      ...[1, 2, 3, 4, 5, 6].map(wave => `wave ${wave}: 20 × (20 changed)`),
      'wave 7: web127 web130 web133 17 × (3 failed 17 changed)',
      'undo: 137 × web127 web130 web133 (140 undone)',
      'wave 8: 60 × (60 skipped)',
    ])
    expect([...(layout?.troubled ?? [])].sort()).toEqual(['web127', 'web130', 'web133'])
  })

  test('shows the hosts of a small one each, but for those with a single bar', () => {
    expect(layTimeline(small)?.groups.map(shape)).toEqual([
      'precheck: 6 × (6 ok)',
      'wave 1: web1 (1 changed)',
      'wave 2: web3 web2 (1 failed 1 changed)',
      'undo: web1 web2 web3 (3 undone)',
      'wave 3: 3 × (3 skipped)',
    ])
  })

  test('takes no more than 250 bytes a bar', async () => {
    const timelineOf = async (report: Report): Promise<number> => {
      const page = await textOf(html.build({}).render(report, outputs.env()))
      const { timeline: _, ...without } = report
      return page.length - (await textOf(html.build({}).render(without, outputs.env()))).length
    }
    expect((await timelineOf(large)) / (large.timeline?.length ?? 0)).toBeLessThan(250)
  })

  test('without bars is none', async () => {
    const page = await textOf(html.build({}).render({ ...small, timeline: [] }, outputs.env()))
    expect(page).not.toContain('Timeline')
  })
})

describe.skipIf(!needs('chromium'))('a timeline in Chromium', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  }, 60_000)
  afterAll(() => browser.close())

  const shownRows = (page: Page): Promise<string[]> => page.locator('div.row:not(.axis):visible .who').allInnerTexts()
  const bars = (page: Page, host: string): Locator => page.getByRole('list', { name: host, exact: true }).getByRole('listitem')
  const widthOf = async (locator: Locator): Promise<number> => (await locator.boundingBox())?.width ?? 0

  test('shows what was done and what was taken back as two bars, in the order of time', async () => {
    await using opened = await openPage(browser, small)
    const { page, trouble } = opened
    expect(await bars(page, 'web3').allTextContents()).toEqual(['config', 'package', 'restart', 'restart', 'package', 'config'])
    const [failed, undone] = [bars(page, 'web3').nth(2), bars(page, 'web3').nth(3)]
    expect(await failed.getAttribute('title')).toMatch(
      /^restart: failed\n03:14:26\.\d{3} \(\+10\.\d{3}s\), \d+ms\nrun restart: exit 1/,
    )
    expect(await undone.getAttribute('title')).toStartWith('restart: undone')
    const [left = 0, right = 0] = [(await failed.boundingBox())?.x, (await undone.boundingBox())?.x]
    expect(left).toBeLessThan(right)
    expect(trouble).toEqual([])
  }, 60_000)

  test('leaves the rows with trouble, in every group, and gives the others back', async () => {
    await using opened = await openPage(browser, large)
    const { page } = opened
    const before = await shownRows(page)
    await page.getByRole('button', { name: 'Only rows with trouble 3' }).click()
    const hosts = ['127', '130', '133']
    expect(await shownRows(page)).toEqual([
      ...hosts.map(host => `✓ web${host}`),
      ...hosts.map(host => `✗ web${host}`),
      ...hosts.map(host => `↩ web${host}`),
    ])
    await page.getByRole('button', { name: 'Only rows with trouble' }).click()
    expect(await shownRows(page)).toEqual(before)
  }, 60_000)

  test('shows one wave as wide as the page, and the whole again', async () => {
    await using opened = await openPage(browser, large)
    const { page, trouble } = opened
    const groups = (): Promise<string[]> => page.locator('h3.row:visible .who').allInnerTexts()
    const row = page.locator('div.row.bad.trouble').first()
    const bar = row.getByRole('listitem').last()
    const width = await widthOf(bar)
    await page.getByRole('button', { name: 'Zoom to wave 7' }).click()
    expect(await groups()).toEqual(['wave 7'])
    expect(await widthOf(bar)).toBeGreaterThan(5 * width)
    expect(await page.locator('.axis i').first().textContent()).toBe('45s')
    await page.getByRole('button', { name: 'Zoom to wave 7' }).click()
    expect(await groups()).toHaveLength(10)
    expect(await widthOf(bar)).toBe(width)
    expect(trouble).toEqual([])
  }, 60_000)

  test('is one stop for Tab, and arrow keys lead from bar to bar with what each is', async () => {
    await using opened = await openPage(browser, small)
    const { page } = opened
    const focused = (): Promise<string> =>
      page.evaluate('(document.activeElement.closest("ol")?.ariaLabel ?? "") + " " + document.activeElement.textContent.trim()')
    for (let presses = 0; presses < 20 && !(await page.locator('.lane li:focus').count()); presses++)
      await page.keyboard.press('Tab')
    expect(await focused()).toBe('web1 config')
    expect(await page.locator('.tip').textContent()).toStartWith('config: changed')
    for (const key of ['ArrowDown', 'End']) await page.keyboard.press(key)
    expect(await focused()).toBe('web3 restart')
    expect(await page.locator('.tip').textContent()).toContain('unknown directive')
    await page.keyboard.press('ArrowLeft')
    expect(await focused()).toBe('web3 package')
    await page.keyboard.press('Escape')
    expect(await page.locator('.tip').isVisible()).toBe(false)
    await page.keyboard.press('Tab')
    expect(await page.locator('.lane li:focus').count()).toBe(0)
  }, 60_000)

  test('says in words what its colours say, without script too', async () => {
    await using opened = await openPage(browser, small, { javaScriptEnabled: false })
    const { page } = opened
    expect(await page.locator('.key').textContent()).toMatch(
      /✗ 1 failed\s*↩ 9 undone\s*- 3 skipped\s*✓ 8 changed\s*✓ 6 ok\s*✓ 2 pass/,
    )
    expect(await page.locator('div.row.bad .what').first().textContent()).toBe('failed: restart')
    expect(await page.getByRole('button').count()).toBe(0)
    await page.locator('.fold summary').first().click()
    expect(await shownRows(page)).toContain('✓ web6')
  }, 60_000)

  test('shows even the shortest bar, from phone to desktop', async () => {
    await using opened = await openPage(browser, large)
    const { page } = opened
    for (const width of [390, 1280]) {
      await page.setViewportSize({ width, height: 800 })
      const widths = await page.evaluate<number[]>(
        `[...document.querySelectorAll('.lane b, .lane li')].filter(bar => bar.checkVisibility()).map(bar => bar.getBoundingClientRect().width)`,
      )
      expect(Math.min(...widths)).toBeGreaterThanOrEqual(3)
    }
  }, 60_000)

  for (const [name, report] of Object.entries({ small, large, hostile: reports['hostile'] ?? small })) {
    test(`${name} has contrast in light and dark, whole and zoomed, and nothing sticks out from phone to desktop`, async () => {
      await using opened = await openPage(browser, { ...report, items: report.items.slice(0, 20) })
      const { page, trouble } = opened
      for (const zoomed of [false, true]) {
        if (zoomed) await page.getByRole('button', { name: 'Zoom to' }).last().click()
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme })
          expect(await page.evaluate<string[]>(poorContrast)).toEqual([])
        }
        for (const width of [320, 390, 768, 1280]) {
          await page.setViewportSize({ width, height: 800 })
          expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(width)
        }
      }
      expect(trouble).toEqual([])
    }, 60_000)
  }
})
