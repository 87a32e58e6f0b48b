import { NetError } from '../net-error.ts'

// grpc.health.v1 (https://github.com/grpc/grpc/blob/master/doc/health-checking.md), in the wire format of Protocol Buffers
// (https://protobuf.dev/programming-guides/encoding/).

export const healthPath = '/grpc.health.v1.Health/Check'

/** By number. */
export const healthStatuses = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'] as const
export type HealthStatus = (typeof healthStatuses)[number]

/** `HealthCheckRequest { string service = 1 }`; the empty service is the server as a whole. */
export function healthRequest(service: string): Buffer {
  const name = Buffer.from(service)
  return name.length === 0 ? name : Buffer.concat([Buffer.of(0x0a), varint(name.length), name])
}

/** `HealthCheckResponse { ServingStatus status = 1 }`; a number that we do not know as text. @throws NetError `protocol` */
export function healthAnswer(message: Buffer): HealthStatus | `${number}` {
  let status = 0
  for (let at = 0; at < message.length; ) {
    const key = readVarint(message, at)
    const [field, wireType] = [key.value >> 3n, Number(key.value & 7n)]
    at = key.next
    if (wireType === 0) {
      const { value, next } = readVarint(message, at)
      if (field === 1n) status = Number(BigInt.asIntN(32, value))
      at = next
    } else {
      at = skipped(message, at, wireType)
    }
  }
  return healthStatuses[status] ?? `${status}`
}

/** Where the next field begins. */
function skipped(message: Buffer, at: number, wireType: number): number {
  const lengths: Readonly<Record<number, number>> = { 1: 8, 5: 4 }
  let next = at + (lengths[wireType] ?? 0)
  if (wireType === 2) {
    const length = readVarint(message, at)
    next = length.next + Number(length.value)
  } else if (lengths[wireType] === undefined) {
    throw broken()
  }
  if (next > message.length) throw broken()
  return next
}

function readVarint(message: Buffer, at: number): { readonly value: bigint; readonly next: number } {
  let value = 0n
  for (let index = 0; index < 10; index++) {
    const byte = message[at + index]
    if (byte === undefined) throw broken()
    value |= BigInt(byte & 0x7f) << BigInt(7 * index)
    if (byte < 0x80) return { value: BigInt.asUintN(64, value), next: at + index + 1 }
  }
  throw broken()
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80)
  bytes.push(rest)
  return Buffer.from(bytes)
}

const broken = (): NetError => new NetError('protocol', 'the message is no answer about health', { phase: 'transfer' })
