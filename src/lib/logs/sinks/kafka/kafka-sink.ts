import { CompressionTypes, Kafka, KafkaJSProtocolError, logLevel, type Message, type Producer, type SASLOptions } from 'kafkajs'
import type { SecretReference } from '../../../core/check.ts'
import type { OpenSink, Parcel, Receipt, RecordPlace, RefusedRecord, SinkPlace } from '../../../core/sink.ts'
import { TrackedSockets } from '../../../net/tracked-sockets.ts'
import { brokerTls } from '../broker/broker-tls.ts'
import type { RecordText } from '../broker/record-text.ts'
import { type SingleRecord, singleRecords } from '../broker/single-records.ts'
import { untilAborted } from '../broker/until-aborted.ts'
import { encoderOf, type RecordEncoder, type RecordEncoding } from '../encoded/record-encoding.ts'

interface KafkaWishes {
  readonly encoding: RecordEncoding
  readonly brokers: readonly string[]
  readonly topic: RecordText
  readonly key?: RecordText
  readonly compression: 'none' | 'gzip'
  readonly sasl?:
    | {
        readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
        readonly user: string
        readonly password: SecretReference
      }
    | undefined
  readonly tls: Parameters<typeof brokerTls>[0]
}

interface Connection extends Disposable {
  readonly producer: Producer
}

const timeoutMs = 10_000

/** Nobody is contacted before the first send. */
export async function openKafkaSink(place: SinkPlace, wishes: KafkaWishes): Promise<OpenSink> {
  await Promise.all([brokerTls(wishes.tls, place), wishes.sasl && place.secret(wishes.sasl.password)])
  return new KafkaSink(place, wishes, await encoderOf(wishes.encoding))
}

class KafkaSink implements OpenSink {
  readonly #place: SinkPlace
  readonly #wishes: KafkaWishes
  readonly #encoder: RecordEncoder
  #connection: Connection | undefined

  constructor(place: SinkPlace, wishes: KafkaWishes, encoder: RecordEncoder) {
    this.#encoder = encoder
    this.#place = place
    this.#wishes = wishes
  }

  async send(parcels: readonly Parcel[], signal: AbortSignal): Promise<Receipt> {
    const { topic, key } = this.#wishes
    const records = singleRecords(parcels, {
      parse: !topic.isFixed || (key !== undefined && !key.isFixed),
      encode: this.#encoder.record,
    })
    const groups = Map.groupBy(records, ({ parsed }) => topic.of(parsed, clean).slice(0, 249))
    const pending: RecordPlace[] = []
    const refused: RefusedRecord[] = []
    let problem: string | undefined
    for (const [name, group] of groups) {
      const failure = problem === undefined ? await this.#produce(name, group, signal) : undefined
      if (problem === undefined && failure === undefined) continue
      if (failure instanceof KafkaJSProtocolError && isTooLarge(failure)) {
        if (groups.size === 1 && group.length > 1) return { result: 'too-large', message: failure.message }
        if (group.length === 1) {
          for (const { place } of group) refused.push({ ...place, reason: 'larger than the broker takes' })
          continue
        }
      }
      problem ??= failure?.message ?? 'not sent'
      pending.push(...group.map(({ place }) => place))
    }
    return problem === undefined ? { result: 'delivered', refused } : { result: 'later', message: problem, pending, refused }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#drop()
  }

  /** Why it was not acknowledged. */
  async #produce(topic: string, group: readonly SingleRecord[], signal: AbortSignal): Promise<Error | undefined> {
    const { key, compression } = this.#wishes
    const messages = group.map(({ bytes, parsed }): Message => ({ value: bytes, ...(key && { key: key.of(parsed) }) }))
    const sent = async (): Promise<void> => {
      const { producer } = await this.#connected()
      const how = compression === 'gzip' ? CompressionTypes.GZIP : CompressionTypes.None
      await producer.send({ topic, messages, acks: -1, timeout: timeoutMs, compression: how })
    }
    try {
      signal.throwIfAborted()
      await untilAborted(sent(), signal)
      return undefined
    } catch (error) {
      if (signal.aborted || !(error instanceof KafkaJSProtocolError)) this.#drop()
      return error instanceof Error ? error : new Error(String(error))
    }
  }

  async #connected(): Promise<Connection> {
    if (this.#connection) return this.#connection
    const connection = await prepare(this.#place, this.#wishes)
    this.#connection = connection
    await connection.producer.connect()
    return connection
  }

  #drop(): void {
    this.#connection?.[Symbol.dispose]()
    this.#connection = undefined
  }
}

async function prepare(place: SinkPlace, { brokers, sasl, tls: wish }: KafkaWishes): Promise<Connection> {
  const tls = await brokerTls(wish, place)
  const sockets = new TrackedSockets()
  const kafka = new Kafka({
    clientId: 'opsctl',
    brokers: [...brokers],
    connectionTimeout: timeoutMs,
    requestTimeout: timeoutMs,
    // The lane tries again.
    retry: { retries: 0 },
    socketFactory: sockets.make,
    logLevel: logLevel.ERROR,
    logCreator:
      () =>
      ({ log }) =>
        place.log('debug', 'kafka', { sink: place.name, problem: log.message }),
    ...(tls && { ssl: { ...tls } }),
    ...(sasl && { sasl: saslOptions(sasl.mechanism, { username: sasl.user, password: await place.secret(sasl.password) }) }),
  })
  const producer = kafka.producer({ allowAutoTopicCreation: true, retry: { retries: 0 } })
  const dispose = (): void => {
    void producer.disconnect().catch(() => {})
    sockets[Symbol.dispose]()
  }
  return { producer, [Symbol.dispose]: dispose }
}

function saslOptions(
  mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512',
  login: { readonly username: string; readonly password: string },
): SASLOptions {
  if (mechanism === 'plain') return { mechanism, ...login }
  return mechanism === 'scram-sha-256' ? { mechanism, ...login } : { mechanism, ...login }
}

const isTooLarge = ({ type }: KafkaJSProtocolError): boolean => type === 'MESSAGE_TOO_LARGE' || type === 'RECORD_LIST_TOO_LARGE'

/** What a topic may be called. */
const clean = (value: string): string => value.replace(/[^\w.-]/g, '_') || '_'
