import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const directory = join(import.meta.dirname, '../../../docs/proto')

/** One record as protoc reads it by our record.proto, on one line. Ask `needs('protoc')` first. */
export function decoded(message: Uint8Array): string {
  const argv = [`-I${directory}`, '--decode=opsctl.logs.v1.Record', 'opsctl/logs/v1/record.proto']
  const { stdout, stderr } = spawnSync('protoc', argv, { input: message, encoding: 'utf8', timeout: 60_000 })
  if (stderr !== '') throw new Error(stderr)
  return stdout.replaceAll(/\s+/g, ' ').trim()
}

/** Messages behind their lengths, by https://protobuf.dev/programming-guides/encoding/#varints. */
export function* delimited(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; ) {
    let length = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0
      length |= (byte & 0x7f) << shift
      if (byte < 0x80) break
    }
    yield bytes.subarray(at, at + length)
    at += length
  }
}
