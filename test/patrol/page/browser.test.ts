import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { readFile } from 'node:fs/promises'
import type { AxeResults } from 'axe-core'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { needs } from '../../helpers/needs.ts'
import { poll } from '../../helpers/poll.ts'
import { type TempDir, tempDir } from '../../helpers/temp-dir.ts'
import { launchChromium } from '../../render/open-page.ts'
import { many, type ShownPatrol, shop } from './shown-patrol.ts'

const timeoutMs = 120_000
const axe = await readFile(new URL('../../../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8')

interface Opened extends AsyncDisposable {
  readonly page: Page
  /** Errors, what the policy refused, dialogs, requests that leave the server. */
  readonly trouble: string[]
}

async function openAt(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
  const page = await context.newPage()
  const trouble: string[] = []
  page.on('console', message => trouble.push(`console: ${message.text()}`))
  page.on('pageerror', error => trouble.push(`error: ${error.message}`))
  page.on('dialog', dialog => {
    trouble.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('request', request => {
    if (new URL(request.url()).origin !== new URL(url).origin) trouble.push(`request: ${request.url()}`)
  })
  await page.goto(url)
  return { page, trouble, [Symbol.asyncDispose]: () => context.close() }
}

describe.skipIf(!needs('chromium'))('the page of a patrol, in Chromium', () => {
  let browser: Browser
  let directory: TempDir
  let shown: ShownPatrol
  let url: string

  beforeAll(async () => {
    directory = await tempDir()
    shown = await shop(directory.path)
    url = await shown.serve()
    browser = await launchChromium()
  }, timeoutMs)
  afterAll(async () => {
    await browser?.close()
    await shown?.[Symbol.asyncDispose]()
    await directory?.[Symbol.asyncDispose]()
  })

  /** Whether the page hears from the server. */
  const isLive = (page: Page) => poll('the page is live', 20_000, () => page.locator('#live.on').isVisible())

  const paths = ['/', '/?status=pass', '/checks/checkout', '/incidents', '/checks/nowhere']
  test.each((['light', 'dark'] as const).flatMap(scheme => paths.map(path => [path, scheme] as const)))(
    'breaks no rule of accessibility at %s in %s, on a desktop and on a phone',
    async (path, colorScheme) => {
      for (const width of [1280, 360]) {
        await using opened = await openAt(browser, url + path, { colorScheme, viewport: { width, height: 800 }, bypassCSP: true })
        const { page } = opened
        await page.evaluate(`document.querySelectorAll('details').forEach(details => { details.open = true })`)
        await page.addStyleTag({ content: '.row{content-visibility:visible!important}' })
        await page.evaluate(axe)
        const { violations } = await page.evaluate<AxeResults>(
          `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })`,
        )
        expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`)).toEqual([])
        expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(width)
      }
    },
    timeoutMs,
  )

  test(
    'shows what changed without being loaded again, in its row, its head, its title, its icon, and aloud',
    async () => {
      await using opened = await openAt(browser, url)
      const { page, trouble } = opened
      await isLive(page)
      const icon = (): Promise<string> => page.evaluate('document.getElementById("icon").href')
      expect(await icon()).toContain('fail')
      await page.evaluate('window.isSame = true')
      await page.locator('#c-catalogue a').first().focus()
      shown.patrolled.answers['catalogue'] = { verdict: 'fail', reason: 'timeout', message: '<b>no answer</b> within 2s' }
      await shown.patrolled.clock.advance(12_000)
      await poll('the row fails', 10_000, async () => (await page.locator('#c-catalogue .st').textContent())?.includes('failing'))
      expect(await page.locator('#c-catalogue .msg').textContent()).toBe('<b>no answer</b> within 2s')
      expect(await page.title()).toBe('✗ 3 failing, 1 unknown, 1 warning of 15 checks')
      expect(await page.locator('#open li').count()).toBe(6)
      expect(await page.locator('#said').textContent()).toBe('incident began: catalogue: <b>no answer</b> within 2s')
      expect(await page.locator('.loud #c-catalogue').count()).toBe(1)
      expect(await page.evaluate<string>('document.activeElement.textContent')).toBe('catalogue')
      expect(await page.locator('#c-catalogue .bars').count()).toBe(1)
      delete shown.patrolled.answers['catalogue']
      await shown.patrolled.clock.advance(40_000)
      await poll('the row is well', 10_000, () =>
        page
          .locator('.quiet #c-catalogue')
          .count()
          .then(count => count === 1),
      )
      expect(await page.locator('#said').textContent()).toContain('incident over: catalogue')
      expect(await page.evaluate<boolean>('window.isSame')).toBe(true)
      expect(trouble).toEqual([])
    },
    timeoutMs,
  )

  test(
    'says since when the connection is lost, and is true again when it is back',
    async () => {
      await using opened = await openAt(browser, url)
      const { page } = opened
      await isLive(page)
      const serveAgain = await shown.stopServing()
      await poll('the loss is told', 20_000, async () =>
        /^connection lost since \d\d:\d\d:\d\d UTC/.test((await page.locator('#live').textContent()) ?? ''),
      )
      expect(await page.title()).toStartWith('(no connection) ')
      shown.patrolled.answers['cart'] = { verdict: 'warn', reason: 'slow', message: 'took 4s' }
      await shown.patrolled.clock.advance(70_000)
      await serveAgain()
      await isLive(page)
      await poll('what changed meanwhile', 20_000, async () =>
        (await page.locator('#c-cart .st').textContent())?.includes('warning'),
      )
      delete shown.patrolled.answers['cart']
    },
    timeoutMs,
  )

  test(
    'can be used by the keyboard alone',
    async () => {
      await using opened = await openAt(browser, url)
      const { page, trouble } = opened
      await isLive(page)
      const focused = (): Promise<string> =>
        page.evaluate('document.activeElement.id || document.activeElement.name || document.activeElement.textContent.trim()')
      await page.keyboard.press('Tab')
      expect(await focused()).toBe('Skip to the checks')
      expect(await page.evaluate<number>('document.activeElement.getBoundingClientRect().left')).toBeGreaterThan(0)
      await page.keyboard.press('Enter')
      expect(await focused()).toBe('checks')
      const order: string[] = []
      for (let at = 0; at < 6; at++) {
        await page.keyboard.press('Tab')
        order.push(await focused())
        const outline = await page.evaluate<string>('getComputedStyle(document.activeElement).outlineStyle')
        expect([order.at(-1), outline]).toEqual([order.at(-1), 'solid'])
      }
      expect(order.slice(0, 5)).toEqual(['q', 'status', 'sla', 'group', 'span'])
      await page.keyboard.press('/')
      expect(await focused()).toBe('q')
      await page.keyboard.type('mail')
      await poll('only mail is shown', 10_000, () =>
        page
          .locator('.row')
          .count()
          .then(count => count === 1),
      )
      expect(new URL(page.url()).search).toBe('?q=mail')
      expect(await page.locator('#shown').textContent()).toBe('1 of 15 shown')
      await page.keyboard.press('Escape')
      await poll('all are shown', 10_000, () =>
        page
          .locator('.row')
          .count()
          .then(count => count === 15),
      )
      expect(new URL(page.url()).search).toBe('')
      await page.locator('#c-mail a').focus()
      await page.keyboard.press('Enter')
      await page.waitForURL('**/checks/mail')
      expect(trouble).toEqual([])
    },
    timeoutMs,
  )

  test(
    'reads well without scripts, filters included',
    async () => {
      await using opened = await openAt(browser, url, { javaScriptEnabled: false })
      const { page, trouble } = opened
      expect(await page.locator('.row').count()).toBe(15)
      expect(await page.locator('#live').textContent()).toMatch(/^as of \d\d:\d\d:\d\d UTC; load the page again for what is new$/)
      await page.locator('select[name=sla]').selectOption('P0')
      await page.getByRole('button', { name: 'Show' }).click()
      expect(await page.locator('.row').count()).toBe(3)
      expect(trouble).toEqual([])
    },
    timeoutMs,
  )

  test(
    'tells the hour under the pointer, and moves nothing where motion is not wanted',
    async () => {
      await using opened = await openAt(browser, url, { reducedMotion: 'reduce' })
      const { page, trouble } = opened
      const bars = page.locator('#c-checkout .bars')
      await bars.scrollIntoViewIfNeeded()
      const box = await bars.boundingBox()
      if (!box) throw new Error('there are no bars')
      await page.mouse.move(box.x + (box.width * 28.5) / 48, box.y + 4)
      expect(await page.locator('.tip').textContent()).toBe('28 Mar 19:00: 118 of 120 bad')
      expect(await page.evaluate<boolean>(`document.getAnimations().length === 0`)).toBe(true)
      expect(trouble).toEqual([])
    },
    timeoutMs,
  )

  test(
    'prints what is folded, without what is there to be pressed',
    async () => {
      await using opened = await openAt(browser, url)
      const { page } = opened
      await page.evaluate(`document.querySelectorAll('details').forEach(details => { details.open = false })`)
      await page.emulateMedia({ media: 'print' })
      expect(await page.locator('#filter').isVisible()).toBe(false)
      expect(
        await page.evaluate<boolean>(`document.getElementById('c-mail').checkVisibility({ contentVisibilityAuto: true })`),
      ).toBe(true)
    },
    timeoutMs,
  )

  test(
    'of 1,000 checks costs little, opens a group on demand, and writes little while all of them are looked at',
    async () => {
      await using dir = await tempDir()
      await using crowd = await many(dir.path, 1000)
      await using opened = await openAt(browser, await crowd.serve())
      const { page, trouble } = opened
      await isLive(page)
      expect(await page.evaluate<number>('document.querySelectorAll("*").length')).toBeLessThan(2000)
      await page.locator('#g-mail summary').click()
      await poll('the group is listed', 20_000, () =>
        page
          .locator('#g-mail .row')
          .count()
          .then(count => count === 100),
      )
      expect(await page.locator('#g-mail .fold').getAttribute('open')).not.toBeNull()
      expect(new URL(page.url()).search).toBe('?open=mail')
      await page.evaluate(`window.writes = 0
        new MutationObserver(all => { window.writes += all.length }).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true })`)
      const before = await page.evaluate<number>('window.writes')
      await crowd.patrolled.clock.advance(30_000)
      await poll('the numbers changed', 20_000, () => page.evaluate<boolean>(`window.writes > ${before} + 20`))
      await Bun.sleep(4000)
      // A hundred rows are in sight of the page, each has a time or two that changed.
      expect(await page.evaluate<number>('window.writes')).toBeLessThan(1500)
      await page.locator('#g-mail summary').click()
      await poll('it is forgotten', 10_000, () => new URL(page.url()).search === '')
      expect(trouble).toEqual([])
    },
    timeoutMs,
  )
})
