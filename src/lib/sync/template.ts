import { Liquid, LiquidError, type Template as Part } from 'liquidjs'
import type { Host } from '../core/host.ts'
import { nearest } from '../core/nearest.ts'
import type { ConfigTree } from './config-tree.ts'

/** What templates may name. */
export interface TemplateScope {
  readonly host: Pick<Host, 'name' | 'groups' | 'labels' | 'vars'> & { readonly address: string }
  /** The configuration as a tree, by the parts of its keys. */
  readonly config: ConfigTree
}

/** What is wrong with a template, and where in it. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError'
  readonly line: number
  readonly column: number
  readonly hint: string | undefined

  constructor(message: string, { line, column, hint, cause }: { line: number; column: number; hint?: string; cause: unknown }) {
    super(message, { cause })
    this.line = line
    this.column = column
    this.hint = hint
  }
}

/** Enough for any configuration file, not for one that never ends. */
const limits = { parseLimit: 16e6, renderLimit: 5000, memoryLimit: 64e6 }

/**
 * A text in liquid (https://shopify.github.io/liquid). It reaches nothing but its scope: no files, no environment. A name that is not
 * there may be asked for (`if`, `default`), but not printed.
 */
export class Template {
  readonly #engine = new Liquid({
    strictVariables: true,
    strictFilters: true,
    lenientIf: true,
    ownPropertyOnly: true,
    templates: {},
    ...limits,
  })
  readonly #parts: Part[]
  /** False where it is the same for every host. */
  readonly usesHost: boolean

  /** Where it stands, of a text that is no file: `sync.yaml:12:9`. */
  readonly place: string | undefined

  /** @throws TemplateError */
  constructor(text: string, place?: string) {
    this.place = place
    this.#parts = told(() => this.#engine.parse(text))
    this.usesHost = this.#engine.globalVariablesSync(this.#parts, { partials: false }).includes('host')
  }

  /** @throws TemplateError */
  render(scope: TemplateScope): string {
    return told(() => String(this.#engine.renderSync(this.#parts, scope)), scope)
  }
}

function told<T>(work: () => T, scope?: TemplateScope): T {
  try {
    return work()
  } catch (cause) {
    if (!(cause instanceof LiquidError) && !LiquidError.is(cause)) throw cause
    const [line = 1, column = 1] = cause.token?.getPosition() ?? []
    const message = (cause.originalError?.message ?? cause.message)
      .replace(/^ENOENT: .*/, 'a template can not include others')
      .replace(/(, file:[^,]*)?, line:\d+, col:\d+$/, '')
    const [, unknown] = /^undefined variable: (.+)$/.exec(message) ?? []
    const close = unknown === undefined || !scope ? undefined : nearest(unknown, namesOf(scope))
    const said = unknown === undefined ? message : `there is no ${unknown}`
    throw new TemplateError(said, { line, column, cause, ...(close !== undefined && { hint: `did you mean ${close}?` }) })
  }
}

/** All names that a template could print, as it writes them. */
function namesOf(scope: TemplateScope): string[] {
  const names: string[] = []
  const visit = (value: unknown, name: string): void => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      names.push(name)
      return
    }
    for (const [key, inner] of Object.entries(value)) visit(inner, name === '' ? key : `${name}.${key}`)
  }
  visit(scope, '')
  return names
}
