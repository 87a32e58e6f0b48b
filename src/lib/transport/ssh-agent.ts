import type { Clock } from '../core/clock.ts'
import { connectUnix, type Socket } from '../net/connect.ts'
import { SshReader, sshString, sshUint32 } from './ssh-encoding.ts'
import { type Identity, isSecurityKey, keyType } from './ssh-identity.ts'

/** draft-miller-ssh-agent, section 5. */
const requestIdentities = 11
const identitiesAnswer = 12
const signRequest = 13
const signResponse = 14
const rsaSha256 = 2
const rsaSha512 = 4

/** An agent that does not answer in this time is left alone; a signature may wait for a finger on a key. */
const patienceMs = { list: 5000, sign: 60_000 }
const maxAnswerBytes = 1024 * 1024

/** An ssh-agent. Keys, certificates and security keys are used as it serves them; one connection serves the whole run. */
export class SshAgent {
  readonly path: string
  readonly #clock: Clock
  #connection: Promise<AgentConnection> | undefined
  #identities: Promise<readonly Identity[]> | undefined

  constructor(path: string, clock: Clock) {
    this.path = path
    this.#clock = clock
  }

  /** What the agent holds, asked once. @throws Error when it does not answer */
  identities(): Promise<readonly Identity[]> {
    this.#identities ??= this.#list()
    return this.#identities
  }

  async #list(): Promise<readonly Identity[]> {
    const answer = new SshReader(await this.#ask(Buffer.from([requestIdentities]), identitiesAnswer, patienceMs.list))
    return Array.from({ length: answer.uint32() }, () => {
      const blob = Buffer.from(answer.string())
      const comment = answer.text()
      const dear = isSecurityKey(keyType(blob))
      return { label: comment, from: 'agent', blob, dear, sign: (data, algorithm) => this.#sign(blob, data, algorithm) } as const
    })
  }

  async #sign(blob: Buffer, data: Buffer, algorithm: string): Promise<Buffer> {
    const flags = algorithm === 'rsa-sha2-512' ? rsaSha512 : algorithm === 'rsa-sha2-256' ? rsaSha256 : 0
    const request = Buffer.concat([Buffer.from([signRequest]), sshString(blob), sshString(data), sshUint32(flags)])
    return Buffer.from(new SshReader(await this.#ask(request, signResponse, patienceMs.sign)).string())
  }

  async #ask(request: Buffer, expected: number, waitMs: number): Promise<Buffer> {
    this.#connection ??= this.#connect()
    const connection = await this.#connection
    const answer = await connection.ask(request, waitMs)
    if (answer[0] !== expected) throw new Error('the agent refused')
    return answer.subarray(1)
  }

  async #connect(): Promise<AgentConnection> {
    const controller = new AbortController()
    const cancel = this.#clock.timer(patienceMs.list, () => controller.abort(new Error('the agent does not answer')))
    try {
      return new AgentConnection(await connectUnix(this.path, controller.signal), this.#clock)
    } finally {
      cancel()
    }
  }

  /** Closes the connection. */
  [Symbol.dispose](): void {
    this.#connection?.then(
      connection => connection.close(),
      () => undefined,
    )
  }
}

/** Answers come in the order of the requests. */
class AgentConnection {
  readonly #socket: Socket
  readonly #clock: Clock
  readonly #waiting: PromiseWithResolvers<Buffer>[] = []
  #received = Buffer.alloc(0)
  #lost: Error | undefined

  constructor(socket: Socket, clock: Clock) {
    this.#socket = socket
    this.#clock = clock
    socket.on('data', (bytes: Buffer) => this.#receive(bytes))
    socket.on('error', error => this.#lose(error))
    socket.on('close', () => this.#lose(new Error('the agent closed the connection')))
  }

  async ask(request: Buffer, waitMs: number): Promise<Buffer> {
    if (this.#lost) throw this.#lost
    const answer = Promise.withResolvers<Buffer>()
    this.#waiting.push(answer)
    this.#socket.write(sshString(request))
    const cancel = this.#clock.timer(waitMs, () => this.#lose(new Error('the agent does not answer')))
    try {
      return await answer.promise
    } finally {
      cancel()
    }
  }

  close(): void {
    this.#lose(new Error('the agent is not needed any more'))
  }

  #receive(bytes: Buffer): void {
    this.#received = Buffer.concat([this.#received, bytes])
    while (this.#received.length >= 4) {
      const length = this.#received.readUInt32BE()
      if (length > maxAnswerBytes) {
        this.#lose(new Error('the agent sent nonsense'))
        return
      }
      if (this.#received.length < 4 + length) return
      this.#waiting.shift()?.resolve(Buffer.from(this.#received.subarray(4, 4 + length)))
      this.#received = this.#received.subarray(4 + length)
    }
  }

  #lose(error: Error): void {
    this.#lost ??= error
    for (const answer of this.#waiting.splice(0)) answer.reject(error)
    this.#socket.destroy()
  }
}
