import { TransportError } from '../core/transport.ts'
import { sshString } from './ssh-encoding.ts'
import { type Identity, offeredAlgorithms, signatureAlgorithm } from './ssh-identity.ts'
import type { UnusableKey } from './ssh-key-file.ts'
import { type SshLibrary, sessionId } from './ssh-library.ts'
import type { AuthReply, SshSession } from './ssh-session.ts'

export interface Credentials {
  readonly user: string
  /** Methods in the order of preference. */
  readonly methods: readonly string[]
  /** Keys in the order in which they are offered. */
  readonly identities: () => Promise<readonly (Identity | UnusableKey)[]>
  /** Asked when the server wants it; the same for every host. */
  readonly password?: () => Promise<string>
  /** Keys that opened a host before in this run: their signature is sent at once, without asking the server first. */
  readonly proven: Set<string>
}

const userauthRequest = 50

/**
 * Authenticates with one method after the other, without asking for the list of methods first.
 * @throws TransportError auth with everything that was tried; or why the connection was lost
 */
export function authenticate(session: SshSession, library: SshLibrary, credentials: Credentials, hold: Hold): Promise<void> {
  return new Authentication(session, library, credentials, hold).run()
}

/** Keeps the time limit from running while a person is asked. */
export type Hold = <T>(waiting: Promise<T>) => Promise<T>

class Authentication {
  readonly #session: SshSession
  readonly #library: SshLibrary
  readonly #credentials: Credentials
  readonly #hold: Hold
  readonly #tried: string[] = []
  #agentKeys = 0
  #accepted: readonly string[] | undefined
  #identities: (Identity | UnusableKey)[] | undefined
  #passwordSent = new Set<string>()

  constructor(session: SshSession, library: SshLibrary, credentials: Credentials, hold: Hold) {
    this.#hold = hold
    this.#session = session
    this.#library = library
    this.#credentials = credentials
  }

  async run(): Promise<void> {
    await this.#session.startAuth()
    for (;;) {
      // When nothing can be offered, 'none' asks what the host would take; or perhaps nothing is needed.
      const reply = (await this.#next()) ?? (this.#accepted ? undefined : await this.#byNothing())
      if (!reply) throw this.#refused()
      if (reply.type === 'success') return
      if (reply.type === 'failure') this.#accepted = reply.methods
    }
  }

  /** The answer to the next attempt; undefined when there is none left. */
  async #next(): Promise<AuthReply | undefined> {
    for (const method of this.#credentials.methods) {
      if (this.#accepted && !this.#accepted.includes(method)) continue
      const reply = await this.#attempt(method)
      if (reply) return reply
    }
    return undefined
  }

  #attempt(method: string): Promise<AuthReply | undefined> | undefined {
    if (method === 'publickey') return this.#nextKey()
    if (method === 'keyboard-interactive') return this.#byPrompts()
    return method === 'password' ? this.#byPassword() : undefined
  }

  async #nextKey(): Promise<AuthReply | undefined> {
    this.#identities ??= [...(await this.#hold(this.#credentials.identities()))]
    for (let next = this.#identities.shift(); next; next = this.#identities.shift()) {
      if ('unusable' in next) this.#tried.push(`${next.label} (${next.unusable})`)
      else {
        const reply = await this.#byKey(next)
        if (reply) return reply
      }
    }
    return undefined
  }

  async #byKey(identity: Identity): Promise<AuthReply | undefined> {
    const { software, algorithms } = { software: this.#session.serverSoftware, algorithms: this.#session.signatureAlgorithms }
    const [algorithm] = offeredAlgorithms(identity.blob, { software, algorithms })
    if (identity.from === 'agent') this.#agentKeys++
    else this.#tried.push(algorithm ? identity.label : `${identity.label} (the host takes none of its signatures)`)
    if (!algorithm) return undefined
    const fingerprint = identity.blob.toString('base64')
    if (identity.dear || !this.#credentials.proven.has(fingerprint)) {
      const reply = await this.#requestKey(identity, algorithm)
      if (reply.type !== 'key-accepted') return reply
    }
    const reply = await this.#signWith(identity, algorithm)
    if (reply?.type === 'success') this.#credentials.proven.add(fingerprint)
    return reply
  }

  #requestKey(identity: Identity, algorithm: string): Promise<AuthReply> {
    const request = this.#keyRequest(identity, algorithm, false)
    return this.#session.authRequest(() => this.#library.sendAuthRequest(this.#session.protocol, request))
  }

  async #signWith(identity: Identity, algorithm: string): Promise<AuthReply | undefined> {
    const request = this.#keyRequest(identity, algorithm, true)
    const bound = Buffer.concat([sshString(sessionId(this.#session.protocol)), request])
    try {
      const signing = identity.sign(bound, signatureAlgorithm(algorithm))
      const signature = await (identity.dear ? this.#hold(signing) : signing)
      const signed = Buffer.concat([request, sshString(signature)])
      return await this.#session.authRequest(() => this.#library.sendAuthRequest(this.#session.protocol, signed))
    } catch (error) {
      if (error instanceof TransportError || this.#session.error) throw error
      this.#tried.push(`${identity.label} (${error instanceof Error ? error.message : error})`)
      return undefined
    }
  }

  /** RFC 4252, section 7. */
  #keyRequest({ blob }: Identity, algorithm: string, signed: boolean): Buffer {
    return Buffer.concat([
      Buffer.from([userauthRequest]),
      sshString(this.#credentials.user),
      sshString('ssh-connection'),
      sshString('publickey'),
      Buffer.from([signed ? 1 : 0]),
      sshString(algorithm),
      sshString(blob),
    ])
  }

  async #byPassword(): Promise<AuthReply | undefined> {
    const password = await this.#passwordFor('password')
    if (password === undefined) return undefined
    const reply = await this.#session.authRequest(() => this.#session.protocol.authPassword(this.#credentials.user, password))
    if (reply.type !== 'change-password') return reply
    throw new TransportError('auth', `the password of ${this.#credentials.user} has expired and must be changed`, {
      stage: 'auth',
    })
  }

  async #byPrompts(): Promise<AuthReply | undefined> {
    const password = await this.#passwordFor('keyboard-interactive')
    if (password === undefined) return undefined
    let reply = await this.#session.authRequest(() => this.#session.protocol.authKeyboard(this.#credentials.user))
    for (let answered = false; reply.type === 'prompts'; ) {
      const { prompts } = reply
      const secrets = prompts.filter(({ echo }) => !echo).length
      // Only one hidden question can be taken for the one about the password; asked again, the answer was wrong.
      const answers = prompts.map(({ echo }) => (!echo && secrets === 1 && !answered ? password : ''))
      answered ||= secrets > 0
      reply = await this.#session.authRequest(() => this.#session.protocol.authInfoRes(answers))
    }
    return reply
  }

  #byNothing(): Promise<AuthReply> {
    return this.#session.authRequest(() => this.#session.protocol.authNone(this.#credentials.user))
  }

  async #passwordFor(method: string): Promise<string | undefined> {
    if (!this.#credentials.password || this.#passwordSent.has(method)) return undefined
    this.#passwordSent.add(method)
    this.#tried.push(method)
    return this.#hold(this.#credentials.password())
  }

  #refused(): TransportError {
    const agent = this.#agentKeys > 0 ? [`agent (${this.#agentKeys} ${this.#agentKeys === 1 ? 'key' : 'keys'})`] : []
    const tried = [...agent, ...this.#tried].join(', ') || 'nothing, because there is no key, agent or password'
    const accepted = this.#accepted?.length ? `; the host accepts ${this.#accepted.join(', ')}` : ''
    return new TransportError('auth', `${this.#credentials.user} was refused; tried: ${tried}${accepted}`, { stage: 'auth' })
  }
}
