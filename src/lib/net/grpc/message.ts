import { NetError } from '../net-error.ts'

const prefixBytes = 5

/** A message as it stands in the body of a request (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md): not compressed. */
export function framed(message: Uint8Array): Buffer {
  const frame = Buffer.alloc(prefixBytes + message.length)
  frame.writeUInt32BE(message.length, 1)
  frame.set(message, prefixBytes)
  return frame
}

/** The one message of the body of an answer. @throws NetError `protocol` */
export function unframed(body: Buffer): Buffer {
  if (body.length < prefixBytes) throw broken(`the answer is cut off: ${body.length} bytes`)
  if (body[0] === 1) throw broken('the answer is compressed, which was not offered')
  if (body[0] !== 0) throw broken(`the answer is no message of gRPC: it begins with byte ${body[0]}`)
  const length = body.readUInt32BE(1)
  const there = body.length - prefixBytes
  if (length !== there) throw broken(`the message is of ${length} bytes, and ${there} are there`)
  return body.subarray(prefixBytes)
}

const broken = (message: string): NetError => new NetError('protocol', message, { phase: 'transfer' })
