import { findProgram } from '../../test/helpers/needs.ts'
import { poll } from '../../test/helpers/poll.ts'
import { launchChromium } from '../../test/render/open-page.ts'
import { median } from './figures.ts'

/** Medians. */
export interface PageFigures {
  /** Of the answer alone, as another process gets it. */
  readonly answerMs: number
  readonly kB: number
  /** From the click until its first frame is drawn with everything in it, the answer included; style and script are fetched anew. */
  readonly readyMs: number
  /** CPU time of the browser's main thread for that. */
  readonly mainThreadMs: number
}

/** Opens a page so many times in Chromium, each time as somebody who has never seen it. Undefined without Chromium. */
export async function timePage(url: string, turns = 20): Promise<PageFigures | undefined> {
  if (findProgram('chromium') === undefined) return undefined
  const answers: { readonly ms: number; readonly bytes: number }[] = []
  const opened: { readonly readyMs: number; readonly mainThreadMs: number }[] = []
  const browser = await launchChromium()
  try {
    for (let turn = 0; turn < turns; turn++) {
      const start = performance.now()
      const answer = await fetch(url)
      const bytes = (await answer.arrayBuffer()).byteLength
      answers.push({ ms: performance.now() - start, bytes })
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
      opened.push(await openOnce(await context.newPage(), url))
      await context.close()
    }
  } finally {
    await browser.close()
  }
  return {
    answerMs: median(answers.map(({ ms }) => ms)),
    kB: median(answers.map(({ bytes }) => bytes)) / 1000,
    readyMs: median(opened.map(({ readyMs }) => readyMs)),
    mainThreadMs: median(opened.map(({ mainThreadMs }) => mainThreadMs)),
  }
}

type Page = Awaited<ReturnType<Awaited<ReturnType<typeof launchChromium>>['newPage']>>

async function openOnce(page: Page, url: string): Promise<{ readyMs: number; mainThreadMs: number }> {
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable')
  const threadSeconds = async (): Promise<number> => {
    const { metrics } = await session.send('Performance.getMetrics')
    return metrics.find(({ name }) => name === 'ThreadTime')?.value ?? Number.NaN
  }
  // The frame that is asked for once the document is there has been drawn when the message after it comes.
  await page.addInitScript(`addEventListener('DOMContentLoaded', () => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => { window.readyAt = performance.now() }
    port2.postMessage('')
  }))`)
  const before = await threadSeconds()
  await page.goto(url)
  // The policy of the page forbids what waitForFunction does.
  await poll('the page is drawn', 30_000, () => page.evaluate<boolean>('window.readyAt !== undefined'))
  const after = await threadSeconds()
  return { readyMs: await page.evaluate<number>('window.readyAt'), mainThreadMs: (after - before) * 1000 }
}
