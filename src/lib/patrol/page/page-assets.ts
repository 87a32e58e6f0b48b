import { sha256 } from '../../core/sha256.ts'
import { Refusal } from '../../net/server/refusal.ts'
import { type Route, route } from '../../net/server/router.ts'
import type { Handler } from '../../net/server/server-request.ts'
import { staticPage } from '../../net/server/static-page.ts'
import type { Status } from '../view.ts'
import { filterScript } from './filter-script.ts'
import { liveScript } from './live-script.ts'
import { pageStyle } from './page-style.ts'
import { statuses } from './status-look.ts'

/** Style, script and icons, each at an address that changes with what is there. */
export class PageAssets {
  readonly style: string
  readonly script: string
  readonly #icons: ReadonlyMap<Status, string>
  readonly #files = new Map<string, Handler>()

  constructor() {
    this.#icons = new Map(statuses.map(status => [status, this.#add({ name: status, end: 'svg', body: iconOf(status) })]))
    this.style = this.#add({ name: 'page', end: 'css', body: pageStyle })
    const icons = JSON.stringify(Object.fromEntries(this.#icons))
    this.script = this.#add({
      name: 'page',
      end: 'js',
      body: `'use strict';\n{\n  const icons = ${icons}\n${filterScript}${liveScript}}\n`,
    })
  }

  icon(status: Status): string {
    return this.#icons.get(status) ?? ''
  }

  get route(): Route {
    return route({
      method: 'GET',
      path: '/page/:file',
      handler: async (request, { file }) => {
        const handler = this.#files.get(file)
        if (!handler)
          throw new Refusal(404, `there is no '${file}' here`, { hint: 'load the page again: opsctl is another by now' })
        return handler(request)
      },
    })
  }

  #add({ name, end, body }: { readonly name: string; readonly end: keyof typeof types; readonly body: string }): string {
    const file = `${name}-${sha256().update(body).digest('hex').slice(0, 12)}.${end}`
    const headers = { 'cache-control': 'public, max-age=31536000, immutable' }
    this.#files.set(file, staticPage({ body, type: types[end], headers }))
    return `/page/${file}`
  }
}

const types = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
} as const

const shapes: Readonly<Record<Status, { readonly colour: string; readonly path: string }>> = {
  pass: { colour: '#1a7f37', path: 'M4 8.5 7 11.5 12.5 5' },
  warn: { colour: '#b26a00', path: 'M8 3.5V9M8 11.6V12.4' },
  unknown: { colour: '#7a4fb5', path: 'M5.8 6A2.3 2.3 0 1 1 8.6 8.2Q8 8.6 8 9.6M8 11.8V12.6' },
  fail: { colour: '#c5221f', path: 'M4.5 4.5 11.5 11.5M11.5 4.5 4.5 11.5' },
  pending: { colour: '#6b7580', path: 'M4 8H4.1M8 8H8.1M12 8H12.1' },
  suppressed: { colour: '#6b7580', path: 'M5 4V9H11' },
  off: { colour: '#6b7580', path: 'M4.5 8H11.5' },
}

/** Told apart by their shape as well. */
function iconOf(status: Status): string {
  const { colour, path } = shapes[status]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="4" fill="${colour}"/><path d="${path}" fill="none" stroke="#fff" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/></svg>`
}
