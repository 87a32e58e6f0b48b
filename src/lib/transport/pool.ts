import type { Clock } from '../core/clock.ts'
import type { Connector } from '../core/context.ts'
import type { Host } from '../core/host.ts'
import { type ConnectStage, type Transport, TransportError } from '../core/transport.ts'
import { abortable } from '../run/deadline.ts'
import { retry } from '../run/retry.ts'
import { ChannelWire } from './channel-wire.ts'
import { endedBy, stoppedBecause } from './command-watch.ts'
import { identitiesFor } from './identities.ts'
import { SshAgent } from './ssh-agent.ts'
import type { Credentials } from './ssh-auth.ts'
import { connectSsh } from './ssh-connect.ts'
import { type AskPassphrase, KeyFiles } from './ssh-key-file.ts'
import { loadSsh, type SshLibrary } from './ssh-library.ts'
import type { SshSession } from './ssh-session.ts'
import { routeOf, type SshTarget } from './ssh-target.ts'
import { SshTransport } from './ssh-transport.ts'
import type { Wire } from './wire.ts'

export interface ConnectorOptions {
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
  /** Environment of local programs. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** For one attempt; 0 is for ever. */
  readonly connectTimeoutMs: number
  /** Further attempts after the first. */
  readonly retries: number
  /** @throws OpsError E_SSH_CONFIG */
  readonly resolve: (host: Host) => Promise<SshTarget>
  readonly askPassphrase: AskPassphrase
  readonly password?: (login: string) => Promise<string>
}

const backoff = { baseMs: 500, maxMs: 10_000 }

type ConnectOptions = Parameters<Connector['connect']>[1]

/** One connection to each host, kept for the life of the run; jump hosts are shared by everything behind them. */
export class ConnectionPool implements Connector {
  readonly #options: ConnectorOptions
  readonly #transports = new Map<string, Promise<Transport>>()
  readonly #hops = new Map<string, Promise<SshSession>>()
  readonly #agents = new Map<string, SshAgent>()
  readonly #proven = new Set<string>()
  #shared: Promise<{ readonly library: SshLibrary; readonly files: KeyFiles }> | undefined
  #password: Promise<string> | undefined
  #asking: Promise<unknown> = Promise.resolve()

  constructor(options: ConnectorOptions) {
    this.#options = options
  }

  async connect(host: Host, options: ConnectOptions): Promise<Transport> {
    const kept = this.#transports.get(host.name)
    if (kept) {
      const transport = await abortable(options.signal, kept).catch(error => this.#rejection(error, options))
      if (!(transport instanceof SshTransport) || transport.usable) return transport
      if (this.#transports.get(host.name) === kept) this.#transports.delete(host.name)
      return this.connect(host, options)
    }
    const onLost = (): void => void this.#transports.delete(host.name)
    const made = this.#make(host, { ...options, onLost }).catch(error => {
      this.#transports.delete(host.name)
      return this.#rejection(error, options)
    })
    this.#transports.set(host.name, made)
    return made
  }

  login(host: Host, options: { readonly signal: AbortSignal }): Promise<Transport> {
    return this.#make(host, options).catch(error => this.#rejection(error, options))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const made of this.#transports.values()) made.then(transport => transport[Symbol.asyncDispose]()).catch(() => undefined)
    for (const hop of this.#hops.values()) hop.then(session => session.end()).catch(() => undefined)
    for (const agent of this.#agents.values()) agent[Symbol.dispose]()
    this.#transports.clear()
    this.#hops.clear()
  }

  async #make(host: Host, options: ConnectOptions & { readonly onLost?: () => void }): Promise<Transport> {
    const { clock, env, random, retries, connectTimeoutMs } = this.#options
    if (host.via === 'local') {
      const { LocalTransport } = await import('./local.ts')
      return new LocalTransport(host, { clock, env })
    }
    const target = await this.#options.resolve(host)
    const session = await retry(
      attempt => this.#session(target, { signal: options.signal, onStage: stage => options.onStage?.(stage, attempt) }),
      {
        attempts: retries + 1,
        ...backoff,
        random,
        clock,
        signal: options.signal,
        isRetryable: error => error instanceof TransportError && error.retryable,
      },
    )
    if (options.onLost) session.onLost = options.onLost
    return new SshTransport({ host, session, clock, startTimeoutMs: connectTimeoutMs, forwardAgent: target.forwardAgent })
  }

  async #session(
    target: SshTarget,
    { signal, onStage }: { readonly signal: AbortSignal; readonly onStage?: (stage: ConnectStage) => void },
  ): Promise<SshSession> {
    this.#shared ??= loadSsh().then(library => ({ library, files: new KeyFiles(library, file => this.#askPassphrase(file)) }))
    const { library, files } = await this.#shared
    const { clock, connectTimeoutMs: timeoutMs } = this.#options
    const hop = target.jump ? await this.#hop(target.jump, signal) : undefined
    const openWire = hop ? () => ChannelWire.open(hop, { host: target.hostname, port: target.port }) : this.#proxy(target)
    const credentials: Credentials = {
      user: target.user,
      methods: target.authMethods,
      identities: () => identitiesFor(target, { files, agent: this.#agentOf(target) }),
      ...(this.#options.password ? { password: () => this.#askPassword(`${target.user}@${target.hostname}`) } : {}),
      proven: this.#proven,
    }
    try {
      return await connectSsh({ target, clock, library, timeoutMs, signal, onStage, credentials, openWire })
    } catch (error) {
      throw hop && error instanceof TransportError && hop.error ? viaJump(target.jump, error) : error
    }
  }

  /** The one connection to a jump host that everything behind it shares. */
  #hop(jump: SshTarget, signal: AbortSignal): Promise<SshSession> {
    const route = routeOf(jump)
    const kept = this.#hops.get(route)
    if (kept) return kept
    const made = this.#session(jump, { signal }).then(
      session => {
        session.onLost = () => this.#hops.delete(route)
        return session
      },
      error => {
        this.#hops.delete(route)
        throw viaJump(jump, error)
      },
    )
    made.catch(() => undefined)
    this.#hops.set(route, made)
    return made
  }

  #proxy(target: SshTarget): (() => Promise<Wire>) | undefined {
    const { proxyCommand } = target
    if (proxyCommand === undefined) return undefined
    return async () => {
      const { openProxyCommand } = await import('./proxy-command.ts')
      return openProxyCommand(proxyCommand, { clock: this.#options.clock, env: this.#options.env })
    }
  }

  #agentOf({ identityAgent }: SshTarget): SshAgent | undefined {
    if (identityAgent === undefined) return undefined
    const agent = this.#agents.get(identityAgent) ?? new SshAgent(identityAgent, this.#options.clock)
    this.#agents.set(identityAgent, agent)
    return agent
  }

  /** By the login that wants it first; the answer is used for all. */
  #askPassword(login: string): Promise<string> {
    this.#password ??= this.#ask(() => this.#options.password?.(login) ?? Promise.resolve(''))
    return this.#password
  }

  #askPassphrase(file: string): Promise<string | undefined> {
    return this.#ask(() => this.#options.askPassphrase(file))
  }

  /** One question at a time. */
  #ask<T>(question: () => Promise<T>): Promise<T> {
    const answer = this.#asking.then(question, question)
    this.#asking = answer.catch(() => undefined)
    return answer
  }

  /** An end of the run is told as one of the connection. */
  #rejection(error: unknown, { signal }: ConnectOptions): never {
    if (error instanceof TransportError || !signal.aborted) throw error
    throw new TransportError(endedBy(signal), stoppedBecause(signal), { cause: error })
  }
}

function viaJump(jump: SshTarget | undefined, error: unknown): unknown {
  if (!(error instanceof TransportError) || !jump) return error
  const { reason, stage, retryable } = error
  const message = `jump host ${jump.hostname}: ${error.message}`
  return new TransportError(reason, message, { ...(stage ? { stage } : {}), retryable, cause: error })
}
