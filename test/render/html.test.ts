import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import type { Item } from '../../src/lib/core/item.ts'
import { type Report, ReportFold } from '../../src/lib/core/report.ts'
import html from '../../src/lib/render/html.ts'
import { outputs, reports } from '../golden/reports.ts'
import { needs } from '../helpers/needs.ts'
import { textOf } from './memory-outputs.ts'
import { launchChromium, openPage } from './open-page.ts'
import { poorContrast } from './poor-contrast.ts'

const everyReason = reports['every-reason']?.items.length ?? 0

// The page in a real browser. What the browser reports (errors, refused scripts and styles, requests) counts as failure.

describe.skipIf(!needs('chromium'))('in Chromium', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  }, 30_000)
  afterAll(() => browser.close())

  const open = (report: Report, options: Parameters<Browser['newPage']>[0] = {}) => openPage(browser, report, options)

  const hosts = (page: Page): Promise<string[]> => page.locator('tbody tr:visible .host').allTextContents()
  const shown = (page: Page): Promise<string | null> => page.locator('#shown').textContent()

  for (const [name, report] of Object.entries(reports)) {
    test(`${name} opens without a complaint, and lists every item`, async () => {
      await using opened = await open(report)
      expect(await hosts(opened.page)).toEqual(report.items.map(item => shownAs(item.host ?? '')))
      expect(opened.trouble).toEqual([])
    })
  }

  test('hostile names, messages and output stay text', async () => {
    const report = sample('hostile')
    await using opened = await open(report)
    const { page, trouble } = opened
    await page.locator('#expand').click()
    expect(await page.locator('script, img, style, link, iframe, a').count()).toBe(2)
    expect(await page.locator('main').textContent()).toContain('</pre></script><script>alert(3)</script>')
    expect(await page.locator('.host').first().textContent()).toBe('Host')
    expect((await hosts(page))[0]).toBe('web1"><script>alert(1)</script>')
    expect(await page.title()).toContain('<!-- &amp; |')
    expect(trouble).toEqual([])
  })

  test('the policy refuses what is not of the page itself', async () => {
    await using opened = await open(sample('all-ok'))
    await opened.page.evaluate(`document.body.insertAdjacentHTML('beforeend', '<img src="/beacon"><p style="color:red">')`)
    await opened.page.evaluate(
      `document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.injected = true' }))`,
    )
    expect(await opened.page.evaluate('window.injected')).toBeUndefined()
    expect(opened.trouble.filter(line => line.includes('Content Security Policy')).length).toBeGreaterThanOrEqual(3)
  })

  test('filters by words over host, message and output, and says how many are left', async () => {
    await using opened = await open(sample('every-reason'))
    const { page, trouble } = opened
    expect(await shown(page)).toBe(`${everyReason} shown`)
    await page.locator('#filter').fill('CACHE refused')
    expect(await hosts(page)).toEqual(['cache2'])
    await page.locator('#filter').fill('proxy_passs')
    expect(await hosts(page)).toEqual(['web1'])
    expect(await shown(page)).toBe(`1 of ${everyReason} shown`)
    await page.locator('#filter').fill('no such thing')
    expect(await page.locator('#none').isVisible()).toBe(true)
    await page.locator('#filter').press('Escape')
    expect(await shown(page)).toBe(`${everyReason} shown`)
    expect(trouble).toEqual([])
  })

  test('filters by standing, and by group of failures', async () => {
    await using opened = await open(sample('three-failed'))
    const { page } = opened
    await page.getByRole('button', { name: '9 ok' }).click()
    expect(await hosts(page)).toHaveLength(9)
    await page.getByRole('button', { name: '9 ok' }).click()
    await page.getByRole('button', { name: 'Show in table' }).click()
    expect(await hosts(page)).toEqual(['web01', 'web02', 'web03'])
    await page.getByRole('button', { name: 'Show all again' }).click()
    expect(await hosts(page)).toHaveLength(12)
  })

  test('sorts by each column, numbers in names as numbers, twice for the other way', async () => {
    await using opened = await open(sample('all-ok'))
    const { page } = opened
    const sort = (name: string) => page.getByRole('columnheader', { name }).getByRole('button').click()
    const names = Array.from({ length: 12 }, (_, at) => `web${at + 1}`)
    await sort('Host')
    expect(await hosts(page)).toEqual(names)
    expect(await page.getByRole('columnheader', { name: 'Host' }).getAttribute('aria-sort')).toBe('ascending')
    await sort('Host')
    expect(await hosts(page)).toEqual(names.toReversed())
    await sort('Time')
    expect(await hosts(page)).toEqual(names)
    expect(await page.locator('[aria-sort]').count()).toBe(1)
  })

  test('puts the failed first when sorted by result', async () => {
    await using opened = await open(sample('every-reason'))
    await opened.page.getByRole('columnheader', { name: 'Result' }).getByRole('button').click()
    const results = await opened.page.locator('tbody .result').allInnerTexts()
    expect(results.map(text => text.slice(0, 1)).join('')).toMatch(new RegExp(`^✗{${everyReason - 3}}\\?{2}✓$`))
  })

  test('can be used by keyboard alone', async () => {
    await using opened = await open(sample('three-failed'))
    const { page } = opened
    await page.keyboard.press('/')
    await page.keyboard.type('web02')
    expect(await hosts(page)).toEqual(['web02'])
    const focused = (): Promise<string> =>
      page.evaluate('document.activeElement.closest("summary, button, th")?.className ?? document.activeElement.tagName')
    for (let presses = 0; presses < 20 && !(await page.locator('tbody summary:focus').count()); presses++)
      await page.keyboard.press('Tab')
    expect(await page.locator('tbody summary:focus').count(), await focused()).toBe(1)
    await page.keyboard.press('Enter')
    expect(await page.locator('tbody tr:visible pre').textContent()).toContain('proxy_passs')
  })

  test('reads whole without script, its tools out of sight', async () => {
    await using opened = await open(sample('three-failed'), { javaScriptEnabled: false })
    const { page } = opened
    expect(await hosts(page)).toHaveLength(12)
    expect(await page.locator('.tools').isVisible()).toBe(false)
    expect(await page.getByRole('button').count()).toBe(0)
    await page.locator('tbody summary').first().click()
    expect(await page.locator('tbody pre').first().textContent()).toContain('proxy_passs')
  })

  test('keeps its table a table for screen readers', async () => {
    await using opened = await open(sample('three-failed'))
    expect(await opened.page.getByRole('table').count()).toBe(1)
    expect(await opened.page.getByRole('row').count()).toBe(13)
    expect(await opened.page.getByRole('columnheader').count()).toBe(5)
    expect(await opened.page.getByRole('cell').count()).toBe(60)
  })

  for (const name of ['every-reason', 'hostile', 'blocks', 'doctor', 'rolled-back', 'wave-undone']) {
    test(`${name} has contrast in light and dark, and nothing sticks out from phone to desktop`, async () => {
      await using opened = await open(sample(name))
      const { page } = opened
      await page.locator('#expand').click()
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        expect(await page.evaluate<string[]>(poorContrast)).toEqual([])
      }
      for (const width of [320, 390, 768, 1280]) {
        await page.setViewportSize({ width, height: 800 })
        expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(width)
      }
    })
  }

  test('500 hosts open and filter in the blink of an eye', async () => {
    const before = performance.now()
    await using opened = await open(fleet(500))
    const { page } = opened
    expect(await shown(page)).toBe('500 shown')
    await page.locator('#filter').fill('web499')
    for (const end = before + 10_000; (await shown(page)) !== '1 of 500 shown' && performance.now() < end; );
    expect(await hosts(page)).toEqual(['web499'])
    // Generous: the machine may be busy. Some 0.5 s is normal.
    expect(performance.now() - before).toBeLessThan(10_000)
  }, 20_000)
})

test('the text of all outputs together is bounded', async () => {
  const stdout = outputs.hold('y'.repeat(1024 * 1024))
  const report = fleet(200)
  const text = await textOf(
    html.build({}).render({ ...report, items: report.items.map(item => ({ ...item, output: { stdout } })) }, outputs.env()),
  )
  expect(text.length).toBeLessThan(18 * 1024 * 1024)
  expect(text).toContain('cut here: 1 MiB in all')
})

function sample(name: string): Report {
  const report = reports[name]
  if (report === undefined) throw new Error(`no sample report ${name}`)
  return report
}

/** White space at the ends and lone surrogates do not survive in markup. */
const shownAs = (text: string): string => text.toWellFormed()

/** Hosts with 40 lines of output each. */
function fleet(count: number): Report {
  const stdout = outputs.hold('Nov 22 03:14:00 web systemd[1]: Started session 7 of User root.\n'.repeat(40))
  const fold = new ReportFold()
  for (let at = 0; at < count; at++) {
    const host = `web${at}`
    const item: Item = {
      path: host,
      host,
      name: 'journalctl',
      outcome: 'ok',
      startedAt: '2026-11-22T03:14:15.926Z',
      durationMs: at,
      output: { stdout },
    }
    fold.add(item)
  }
  return { ...sample('all-ok'), counts: fold.counts, items: fold.items() }
}
