type Definition = Readonly<Record<string, string | number | boolean>>

/** A check of a page of the shop, or of one of its doors. */
export interface Kept {
  readonly name: string
  readonly definition: Definition
}

interface Look {
  readonly at: number
  readonly version: number
}

interface Wanted {
  readonly version: number
  readonly intervalS: number
  readonly sla: string
}

/** A web server that remembers when each of its pages was asked for, with doors that remember who knocked; times are of performance.now(). */
export class Shop implements AsyncDisposable {
  readonly #server: Bun.Server<undefined>
  readonly #looks = new Map<string, Look[]>()
  readonly #intervalsMs = new Map<string, number>()
  readonly #changes = new Map<string, number[]>()
  readonly #doors = new Map<string, Bun.TCPSocketListener<undefined>>()
  readonly #ill = new Set<string>()
  worstLateMs = 0

  private constructor() {
    this.#server = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: ({ url }) => {
        const { pathname, searchParams } = new URL(url)
        const name = pathname.slice(1)
        this.looks(name).push({ at: performance.now(), version: Number(searchParams.get('v')) })
        return this.#ill.has(name) ? new Response('no', { status: 503 }) : new Response('ok')
      },
    })
  }

  static open(): Shop {
    return new Shop()
  }

  /** Its page answers 503 from now on. */
  falls(name: string): void {
    this.#ill.add(name)
  }

  check(name: string, { version, intervalS, sla }: Wanted): Kept {
    this.#intervalsMs.set(name, intervalS * 1000)
    const endpoint = `http://127.0.0.1:${this.#server.port}/${name}?v=${version}`
    return { name, definition: { endpoint, interval: `${intervalS}s`, sla, retries: 0, keep_alive: true } }
  }

  /** A port of its own that accepts. */
  door(name: string, { intervalS, sla }: Wanted): Kept {
    this.#intervalsMs.set(name, intervalS * 1000)
    const open = (socket: Bun.Socket<undefined>): void => {
      this.looks(name).push({ at: performance.now(), version: 1 })
      socket.end()
    }
    const door = this.#doors.get(name) ?? Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { open, data: () => {} } })
    this.#doors.set(name, door)
    return { name, definition: { endpoint: `tcp://127.0.0.1:${door.port}`, interval: `${intervalS}s`, sla, retries: 0 } }
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
  faults(name: string, { from, until, boundMs }: Span): string[] {
    const intervalMs = this.#intervalsMs.get(name) ?? 0
    const changed = this.#changes.get(name) ?? []
    // The beat is kept: one that follows a late look by less than half of the interval is left out.
    const onBeatMs = Math.max(intervalMs / 2, intervalMs - boundMs)
    const looks = this.looks(name)
    if (looks.length === 0) return [`${name}: never looked at`]
    const faults: string[] = []
    for (const [index, { at }] of looks.entries()) {
      const next = looks[index + 1]?.at
      const gap = (next ?? until) - at
      if (at + gap < from) continue
      this.worstLateMs = Math.max(this.worstLateMs, gap - intervalMs)
      if (gap > intervalMs + boundMs) faults.push(`${name}: nothing for ${Math.round(gap)} ms, every ${intervalMs}`)
      // The first look is soon after the start, the second on its beat, or half-way to it where that is far, and then the third.
      const leastMs = index === 1 ? intervalMs / 2 - sameMs : onBeatMs
      const isExcused = index === 0 || changed.some(moment => moment > at - boundMs && moment < at + gap)
      if (next !== undefined && gap < leastMs && !isExcused)
        faults.push(`${name}: again after ${Math.round(gap)} ms, every ${intervalMs}`)
    }
    const count = looks.filter(({ at }) => at >= from && at <= until).length
    const most = (until - from + boundMs) / intervalMs + 1
    if (changed.length === 0 && count > most) faults.push(`${name}: looked at ${count} times, at most ${most}`)
    return faults
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const door of this.#doors.values()) door.stop(true)
    await this.#server.stop(true)
  }
}

/** Timers are as exact as this. */
const sameMs = 100

interface Span {
  readonly from: number
  readonly until: number
  readonly boundMs: number
}
