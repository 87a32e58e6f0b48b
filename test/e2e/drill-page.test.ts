import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type ChildProcess, spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { needs } from '../helpers/needs.ts'
import { opsctl } from '../helpers/opsctl.ts'
import { type TempDir, tempDir } from '../helpers/temp-dir.ts'
import { launchChromium } from '../render/open-page.ts'
import { overlappingLabels } from '../render/overlapping-labels.ts'
import { poorContrast } from '../render/poor-contrast.ts'

const timeoutMs = 90_000

/** Two services of this machine stand still, one longer than the other, while a probe asks whether the first one runs. */
describe.skipIf(!needs('chromium'))('the page of a real drill, in Chromium without a network', () => {
  let browser: Browser
  let page: Page
  let directory: TempDir
  const services: ChildProcess[] = []
  const trouble: string[] = []

  beforeAll(async () => {
    directory = await tempDir()
    const at = (name: string): string => join(directory.path, name)
    for (const name of ['shop', 'cart']) {
      const child = spawn('sleep', ['600'], { stdio: 'ignore' })
      services.push(child)
      await writeFile(at(name), `${child.pid}\n`)
    }
    const playbook = `name: the shop stands still, and its cart for longer
targets: localhost
hold: 60s
probes:
  alive: { command: "grep -q '^State:.[SR]' /proc/$(cat ${at('shop')})/status", every: 200ms }
objectives:
  - failures('alive') > 0.0
steps:
  - { type: process-pause, id: shop, pidfile: ${at('shop')}, duration: 2s }
  - { type: process-pause, id: cart, pidfile: ${at('cart')}, duration: 4s }
`
    await writeFile(at('drill.yaml'), playbook)
    const html = at('drill.html')
    const { code, stderr } = await opsctl(
      ['drill', 'run', '--yes', '--state-dir', at('state'), '-o', `html=${html}`, at('drill.yaml')],
      { deadlineMs: 60_000 },
    )
    if (code !== 0) throw new Error(`the drill ended with ${code}: ${stderr}`)
    browser = await launchChromium()
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
    await page.context().setOffline(true)
    page.on('console', message => trouble.push(`console: ${message.text()}`))
    page.on('pageerror', error => trouble.push(`error: ${error.message}`))
    page.on('request', request => {
      if (request.url() !== pathToFileURL(html).href) trouble.push(`request: ${request.url()}`)
    })
    await page.goto(pathToFileURL(html).href)
  }, timeoutMs)
  afterAll(async () => {
    for (const child of services) child.kill('SIGKILL')
    await browser?.close()
    await directory?.[Symbol.asyncDispose]()
  })

  /** The bars of a row, in the order of the page: what each is called, where it begins and ends. */
  async function bars(group: string, row: string): Promise<{ name: string; from: number; to: number }[]> {
    const part = page.locator('.group').filter({ has: page.locator('h3 .who', { hasText: new RegExp(`^${group}$`) }) })
    const items = await part.getByRole('list', { name: row, exact: true }).getByRole('listitem').all()
    return await Promise.all(
      items.map(async item => {
        const box = await item.boundingBox()
        const { x = Number.NaN, width = Number.NaN } = box ?? {}
        return { name: (await item.textContent()) ?? '', from: x, to: x + width }
      }),
    )
  }

  test(
    'tells the phases in their order, one after the other',
    async () => {
      const phases = await bars('phases', 'drill')
      expect(phases.map(({ name }) => name)).toEqual(['gate', 'inject', 'observe', 'heal', 'verify'])
      for (const [index, { to }] of phases.entries()) expect(phases[index + 1]?.from ?? to).toBeGreaterThanOrEqual(to - 1)
    },
    timeoutMs,
  )

  test(
    'shows each fault for its own time, and a probe that fails between two that succeed',
    async () => {
      const faults = await bars('faults', 'localhost')
      const [shop, cart] = ['shop', 'cart'].map(id => faults.find(({ name }) => name === id))
      if (!shop || !cart) throw new Error(`there are only ${faults.map(({ name }) => name)}`)
      expect(shop.from).toBeLessThanOrEqual(cart.from)
      expect(cart.to - shop.to).toBeGreaterThan((shop.to - shop.from) / 2)
      const seen = await bars('probes', 'alive')
      expect(seen.map(({ name }) => name)).toEqual(['succeeds', 'fails', 'succeeds'])
      const [, failing] = seen
      expect(failing?.from).toBeGreaterThan(shop.from - 30)
      expect(failing?.to).toBeLessThan(cart.to)
    },
    timeoutMs,
  )

  test('needs nothing but itself', () => {
    expect(trouble).toEqual([])
  })

  test.each(['light', 'dark'] as const)(
    'can be read in %s, from phone to desktop, with no label over another',
    async colorScheme => {
      await page.emulateMedia({ colorScheme })
      const dark = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor')
      expect(Number(dark.match(/\d+/)?.[0]) < 100).toBe(colorScheme === 'dark')
      for (const width of [390, 768, 1280]) {
        await page.setViewportSize({ width, height: 900 })
        expect(await page.evaluate<string[]>(poorContrast)).toEqual([])
        expect(await page.evaluate<string[]>(overlappingLabels)).toEqual([])
        expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(width)
      }
      await page.setViewportSize({ width: 1280, height: 900 })
    },
    timeoutMs,
  )
})
