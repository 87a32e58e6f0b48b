import { type Browser, chromium, type Page } from 'playwright-core'
import type { Report } from '../../src/lib/core/report.ts'
import html from '../../src/lib/render/html.ts'
import { outputs } from '../golden/reports.ts'
import { findProgram } from '../helpers/needs.ts'
import { textOf } from './memory-outputs.ts'

const quiet = [
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: findProgram('chromium') ?? '',
    args: ['--headless', '--no-sandbox', '--disable-gpu', ...quiet],
  })
}

interface OpenedPage extends AsyncDisposable {
  readonly page: Page
  /** Errors, refused scripts and styles, dialogs, and requests for anything but the page. */
  readonly trouble: readonly string[]
}

/** Serves the report, opens it, and tells of everything the browser complained about or asked for. */
export async function openPage(
  browser: Browser,
  report: Report,
  options: Parameters<Browser['newPage']>[0] = {},
): Promise<OpenedPage> {
  const text = await textOf(html.build({}).render(report, outputs.env()))
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: request =>
      new URL(request.url).pathname === '/'
        ? new Response(text, { headers: { 'content-type': 'text/html' } })
        : new Response('', { status: 404 }),
  })
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options })
  const trouble: string[] = []
  page.on('console', message => trouble.push(`console: ${message.text()}`))
  page.on('pageerror', error => trouble.push(`error: ${error.message}`))
  page.on('dialog', async dialog => {
    trouble.push(`dialog: ${dialog.message()}`)
    await dialog.dismiss()
  })
  page.on('request', request => {
    if (request.url() !== server.url.href) trouble.push(`request: ${request.url()}`)
  })
  await page.goto(server.url.href)
  return {
    page,
    trouble,
    async [Symbol.asyncDispose]() {
      await page.close()
      await server.stop(true)
    },
  }
}
