type Definition = Readonly<Record<string, string | number | boolean>>

/** A check of a page of the shop. */
export interface Kept {
  readonly name: string
  readonly definition: Definition
}

interface Look {
  readonly at: number
  readonly version: number
}

/** A web server that remembers when each of its pages was asked for; times are of performance.now(). */
export class Shop implements AsyncDisposable {
  readonly #server: Bun.Server<undefined>
  readonly #looks = new Map<string, Look[]>()
  readonly #intervalsMs = new Map<string, number>()
  readonly #changes = new Map<string, number[]>()
  total = 0
  worstLateMs = 0

  private constructor() {
    this.#server = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: ({ url }) => {
        const { pathname, searchParams } = new URL(url)
        this.total++
        this.looks(pathname.slice(1)).push({ at: performance.now(), version: Number(searchParams.get('v')) })
        return new Response('ok')
      },
    })
  }

  static open(): Shop {
    return new Shop()
  }

  check(name: string, { version, intervalS, sla }: { version: number; intervalS: number; sla: string }): Kept {
    this.#intervalsMs.set(name, intervalS * 1000)
    const endpoint = `http://127.0.0.1:${this.#server.port}/${name}?v=${version}`
    return { name, definition: { endpoint, interval: `${intervalS}s`, sla, retries: 0, keep_alive: true } }
  }

  /** As people write it. */
  file(checks: readonly Kept[]): string {
    const lines = checks.map(
      ({ name, definition }) =>
        `  - name: ${name}\n${Object.entries(definition)
          .map(([key, value]) => `    ${key}: ${value}\n`)
          .join('')}`,
    )
    return `checks:\n${lines.join('')}`
  }

  looks(name: string): Look[] {
    const known = this.#looks.get(name) ?? []
    this.#looks.set(name, known)
    return known
  }

  versions(name: string): number[] {
    return this.looks(name).map(({ version }) => version)
  }

  /** Its definition is about to change: a look soon after is no fault. */
  changes(name: string): void {
    this.#changes.set(name, [...(this.#changes.get(name) ?? []), performance.now()])
  }

  /** Looks that were doubled, lost or late. */
  faults(name: string, { from, until, boundMs }: { from: number; until: number; boundMs: number }): string[] {
    const intervalMs = this.#intervalsMs.get(name) ?? 0
    const changed = this.#changes.get(name) ?? []
    // The first look is soon after the start, and the second on its beat.
    const looks = this.looks(name).slice(1)
    const faults: string[] = []
    for (const [index, { at }] of looks.entries()) {
      const next = looks[index + 1]?.at ?? until
      const isLast = index === looks.length - 1
      if (next < from) continue
      const gap = next - at
      this.worstLateMs = Math.max(this.worstLateMs, gap - intervalMs)
      if (gap > intervalMs + boundMs) faults.push(`${name}: nothing for ${Math.round(gap)} ms, every ${intervalMs}`)
      const isExcused = changed.some(moment => moment > at - boundMs && moment < next)
      if (!isLast && gap < intervalMs / 2 && !isExcused)
        faults.push(`${name}: again after ${Math.round(gap)} ms, every ${intervalMs}`)
    }
    return faults
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop(true)
  }
}
