import { expositionText, expositionTypes } from '../../net/exposition/exposition-text.ts'
import type { Family } from '../../net/exposition/family.ts'
import { LookTimeout } from '../../probe/index.ts'
import { Deadline } from '../../run/deadline.ts'
import { Semaphore } from '../../run/semaphore.ts'
import { TargetRefused } from './allowed-targets.ts'
import { type BlackboxModules, unsupported } from './config/load-blackbox-config.ts'
import type { BlackboxModule } from './config/module.ts'
import { debugText } from './debug-text.ts'
import type { LookTools } from './look/look.ts'
import { probeTarget } from './probe-target.ts'

/** A request of the server, by its plain values: names of headers are in lower case. */
export interface ProbeRequest {
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string | undefined>>
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal
}

export interface ProbeAnswer {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

interface ProbesOptions extends LookTools {
  readonly modules: BlackboxModules
  /** Taken off the time that Prometheus has for its scrape, so that the answer is in time; milliseconds. */
  readonly timeoutOffsetMs?: number
}

/** At once; what comes on top waits. A probe may hold some megabytes. */
const maxProbes = 100
/** Waiting; who comes on top is sent away. */
const maxWaiting = 1000
/** Where whoever asks does not say how long he waits. */
const usualTimeoutMs = 120_000
const usualOffsetMs = 500

/** Answers `/probe` as blackbox_exporter does. */
export class BlackboxProbes {
  readonly #options: ProbesOptions
  readonly #slots = new Semaphore(maxProbes)
  #modules: BlackboxModules
  #loadedAt: number
  #isLoaded = true
  #unknownModules = 0
  #running = 0

  constructor(options: ProbesOptions) {
    this.#options = options
    this.#modules = options.modules
    this.#loadedAt = options.clock.now()
  }

  /** Goes on with other modules; probes that run end with theirs. */
  use(modules: BlackboxModules): void {
    this.#modules = modules
    this.#isLoaded = true
    this.#loadedAt = this.#options.clock.now()
  }

  /** Other modules could not be read: goes on with those that there are. */
  refused(): void {
    this.#isLoaded = false
  }

  /** What blackbox_exporter tells of itself on `/metrics`. */
  families(): Family[] {
    const one = (value: number): Family['samples'] => [{ labels: '', value }]
    return [
      {
        name: 'blackbox_exporter_config_last_reload_success_timestamp_seconds',
        help: 'When the modules were read.',
        type: 'gauge',
        samples: one(this.#loadedAt / 1000),
      },
      {
        name: 'blackbox_exporter_config_last_reload_successful',
        help: 'Whether the modules could be read the last time.',
        type: 'gauge',
        samples: one(this.#isLoaded ? 1 : 0),
      },
      {
        name: 'blackbox_module_unknown',
        help: 'Probes with a module that there is not.',
        type: 'counter',
        samples: one(this.#unknownModules),
      },
    ]
  }

  /** @throws the signal's reason */
  async answer({ query, headers, signal }: ProbeRequest): Promise<ProbeAnswer> {
    const name = query.get('module') || 'http_2xx'
    const module = this.#modules.get(name)
    if (module === undefined) {
      this.#unknownModules += 1
      return plain(400, `Unknown module ${JSON.stringify(name)}`)
    }
    const asked = timeoutOf(module, {
      header: headers['x-prometheus-scrape-timeout-seconds'],
      offsetMs: this.#options.timeoutOffsetMs,
    })
    if (asked === undefined) return plain(400, 'X-Prometheus-Scrape-Timeout-Seconds is no number of seconds')
    const target = query.get('target') ?? ''
    if (target === '') return plain(400, 'Target parameter is missing')
    const why = unsupported(module)
    if (why !== undefined) return plain(501, `Module ${JSON.stringify(name)} can not be probed: ${why}`)
    const named = withHostName(module, query.get('hostname') ?? '')
    if (typeof named === 'string') return plain(400, named)
    if (this.#running >= maxProbes + maxWaiting) return plain(503, 'too many probes are waiting')
    this.#running += 1
    try {
      return await this.#probe({ name, module: named, target, timeoutMs: asked, signal, isDebug: query.get('debug') === 'true' })
    } catch (error) {
      if (error instanceof TargetRefused) return plain(403, error.message)
      if (error instanceof LookTimeout) return plain(503, 'too many probes are running: there was no time left for this one')
      throw error
    } finally {
      this.#running -= 1
    }
  }

  async #probe({ name, module, target, timeoutMs, signal, isDebug }: Asked): Promise<ProbeAnswer> {
    const { clock } = this.#options
    using deadline = new Deadline(clock, { ms: timeoutMs, signal, reason: () => new LookTimeout(timeoutMs) })
    using _ = await this.#slots.acquire(1, deadline.signal)
    const result = await probeTarget(this.#options, { module, name, target, timeoutMs: left(deadline, timeoutMs), signal })
    if (isDebug) return { status: 200, contentType: 'text/plain; charset=utf-8', body: debugText(result, module) }
    return { status: 200, contentType: expositionTypes.text, body: expositionText(result.families, 'text') }
  }
}

interface Asked {
  readonly name: string
  readonly module: BlackboxModule
  readonly target: string
  readonly timeoutMs: number
  readonly signal: AbortSignal
  readonly isDebug: boolean
}

/** Without the wait for a slot, where there was one. */
const left = ({ remainingMs }: Deadline, timeoutMs: number): number => (timeoutMs - remainingMs < 5 ? timeoutMs : remainingMs)

interface TimeoutOptions {
  readonly header: string | undefined
  readonly offsetMs: number | undefined
}

/** Milliseconds; undefined for a header that is no number. */
function timeoutOf({ timeout }: BlackboxModule, { header, offsetMs = usualOffsetMs }: TimeoutOptions): number | undefined {
  const seconds = Number(header || 0)
  if (!Number.isFinite(seconds) || seconds < 0) return undefined
  const most = (seconds * 1000 || usualTimeoutMs) - offsetMs
  // A scrape that is shorter than the offset leaves no time at all: then it is the module's, or what the scrape has.
  if (most <= 0) return timeout || seconds * 1000
  return timeout > 0 && timeout < most ? timeout : most
}

/** The module with the name of a host that is asked for at the address of the target; or why that can not be. */
function withHostName(module: BlackboxModule, name: string): BlackboxModule | string {
  if (name === '') return module
  if (/[\0-\x20\x7f]/.test(name)) return 'the parameter hostname is no name of a host'
  if (module.prober === 'http') {
    const [, own] = [...module.http.headers].find(([header]) => header.toLowerCase() === 'host') ?? []
    if (own !== undefined && own !== name) {
      return `host header defined both in module configuration (${own}) and with URL-parameter 'hostname' (${name})`
    }
    return { ...module, http: { ...module.http, headers: new Map([...module.http.headers, ['Host', name]]) } }
  }
  if (module.prober !== 'tcp' || module.tcp.tls_config.server_name !== '') return module
  return { ...module, tcp: { ...module.tcp, tls_config: { ...module.tcp.tls_config, server_name: name } } }
}

const plain = (status: number, message: string): ProbeAnswer => ({
  status,
  contentType: 'text/plain; charset=utf-8',
  body: `${message}\n`,
})
