import { JetStreamApiError, type JetStreamClient, jetstream } from '@nats-io/jetstream'
import {
  type ConnectionOptions,
  credsAuthenticator,
  type NatsConnection,
  NoRespondersError,
  nkeyAuthenticator,
} from '@nats-io/transport-node'
import type { SecretReference } from '../../../core/check.ts'
import type { OpenSink, Parcel, Receipt, RefusedRecord, SinkPlace } from '../../../core/sink.ts'
import { TrackedSockets } from '../../../net/tracked-sockets.ts'
import { brokerTls } from '../broker/broker-tls.ts'
import type { RecordText } from '../broker/record-text.ts'
import { type SingleRecord, singleRecords } from '../broker/single-records.ts'
import { untilAborted } from '../broker/until-aborted.ts'
import { encoderOf, type RecordEncoder, type RecordEncoding } from '../encoded/record-encoding.ts'
import { connectTracked } from './connect-tracked.ts'

interface NatsWishes {
  readonly encoding: RecordEncoding
  readonly servers: readonly string[]
  readonly subject: RecordText
  readonly user?: string | undefined
  readonly password?: SecretReference | undefined
  readonly token?: SecretReference | undefined
  readonly credentials?: SecretReference | undefined
  readonly nkey?: SecretReference | undefined
  readonly tls: Parameters<typeof brokerTls>[0]
}

/** Acknowledgements that are waited for at a time. */
const maxInFlight = 256
const timeoutMs = 10_000
/** What headers and the server's own framing take of the largest message. */
const besidesBytes = 512
/** `message size exceeds maximum allowed` of a stream. */
const streamTooLarge = 10054

/** Secrets are read anew for each connection. Nobody is contacted before the first send. */
export async function openNatsSink(place: SinkPlace, wishes: NatsWishes): Promise<OpenSink> {
  await connectionOptions(place, wishes)
  return new NatsSink(place, wishes, await encoderOf(wishes.encoding))
}

class NatsSink implements OpenSink {
  readonly #place: SinkPlace
  readonly #wishes: NatsWishes
  readonly #encoder: RecordEncoder
  #connection: NatsConnection | undefined
  #sockets: TrackedSockets | undefined

  constructor(place: SinkPlace, wishes: NatsWishes, encoder: RecordEncoder) {
    this.#encoder = encoder
    this.#place = place
    this.#wishes = wishes
  }

  async send(parcels: readonly Parcel[], signal: AbortSignal): Promise<Receipt> {
    const records = singleRecords(parcels, {
      parse: !this.#wishes.subject.isFixed,
      encode: this.#encoder.record,
    })
    const sending = new Sending(this.#wishes.subject, records)
    try {
      signal.throwIfAborted()
      const connection = await this.#connected(signal)
      await untilAborted(sending.through(connection), signal)
    } catch (error) {
      sending.failed(error)
    }
    const receipt = sending.receipt()
    if (receipt.result === 'later' && !sending.isConnectionSound) await this.#drop()
    return receipt
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#drop()
  }

  async #connected(signal: AbortSignal): Promise<NatsConnection> {
    if (this.#connection && !this.#connection.isClosed()) return this.#connection
    await this.#drop()
    const options = await connectionOptions(this.#place, this.#wishes)
    const sockets = new TrackedSockets()
    this.#sockets = sockets
    this.#connection = await untilAborted(connectTracked({ ...options, sockets, abandoned: signal }), signal)
    return this.#connection
  }

  /** Also what never became a connection. */
  async #drop(): Promise<void> {
    const [connection, sockets] = [this.#connection, this.#sockets]
    this.#connection = undefined
    this.#sockets = undefined
    await connection?.close().catch(() => {})
    sockets?.[Symbol.dispose]()
  }
}

/** One attempt: what became of each record. */
class Sending {
  readonly #subject: RecordText
  readonly #pending: Set<SingleRecord>
  readonly #refused: RefusedRecord[] = []
  #problem: string | undefined
  isConnectionSound = true

  constructor(subject: RecordText, records: readonly SingleRecord[]) {
    this.#subject = subject
    this.#pending = new Set(records)
  }

  async through(connection: NatsConnection): Promise<void> {
    const client = jetstream(connection, { timeout: timeoutMs })
    const largest = (connection.info?.max_payload ?? Number.POSITIVE_INFINITY) - besidesBytes
    const all = [...this.#pending]
    const next = all.values()
    const worker = async (): Promise<void> => {
      for (const record of next) {
        if (this.#problem !== undefined) return
        if (record.bytes.length > largest) this.#refuse(record, 'larger than the server takes')
        else await this.#publish(client, record)
      }
    }
    await Promise.all(Array.from({ length: Math.min(maxInFlight, all.length) }, worker))
  }

  failed(error: unknown): void {
    this.#problem ??= error instanceof Error ? error.message : String(error)
    this.isConnectionSound = false
  }

  receipt(): Receipt {
    const refused = this.#refused
    if (this.#problem === undefined) return { result: 'delivered', refused }
    const pending = [...this.#pending].map(({ place }) => place)
    return { result: 'later', message: this.#problem, pending, refused }
  }

  async #publish(client: JetStreamClient, record: SingleRecord): Promise<void> {
    try {
      await client.publish(this.#subject.of(record.parsed, clean), record.bytes, { msgID: record.name })
      this.#pending.delete(record)
    } catch (error) {
      if (error instanceof JetStreamApiError && error.code === streamTooLarge)
        this.#refuse(record, 'larger than the stream takes')
      else if (isUnheard(error)) this.#problem ??= 'no stream takes the subject, or JetStream is off'
      else if (error instanceof JetStreamApiError) this.#problem ??= error.message
      else this.failed(error)
    }
  }

  #refuse(record: SingleRecord, reason: string): void {
    this.#pending.delete(record)
    this.#refused.push({ ...record.place, reason })
  }
}

/** The library takes every silence for a server without JetStream. */
const isUnheard = (error: unknown): boolean =>
  error instanceof NoRespondersError || (error instanceof Error && error.name === 'JetStreamNotEnabled')

/** One word of a subject: what has a meaning in subjects is replaced. */
const clean = (value: string): string => value.replace(/[\s.*>\0]/g, '_') || '_'

async function connectionOptions(place: SinkPlace, wishes: NatsWishes): Promise<ConnectionOptions> {
  const { servers, user, password, token, credentials, nkey } = wishes
  const tls = await brokerTls(wishes.tls, place)
  return {
    servers: [...servers],
    name: `opsctl ${place.name}`,
    // The lane tries again; a connection that is lost is made anew by the next attempt.
    reconnect: false,
    timeout: timeoutMs,
    ...(user !== undefined && { user }),
    ...(password !== undefined && { pass: await place.secret(password) }),
    ...(token !== undefined && { token: await place.secret(token) }),
    ...(credentials !== undefined && {
      authenticator: credsAuthenticator(new TextEncoder().encode(await place.secret(credentials, { whole: true }))),
    }),
    ...(nkey !== undefined && {
      authenticator: nkeyAuthenticator(new TextEncoder().encode((await place.secret(nkey)).trim())),
    }),
    ...(tls && { tls }),
  }
}
