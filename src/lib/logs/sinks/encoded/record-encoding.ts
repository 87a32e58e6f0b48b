import { z } from 'zod'
import type { Parcel } from '../../../core/sink.ts'
import { Records } from '../../records.ts'

export type RecordEncoding = 'json' | 'protobuf'

export const encodingField = () =>
  z
    .enum(['json', 'protobuf'])
    .default('json')
    .describe(
      'of records: JSON, or messages of opsctl.logs.v1.Record (record.proto); where several are together, each is behind its length',
    )

/** How records are written. */
export interface RecordEncoder {
  /** All of a parcel, such that others can follow. */
  readonly parcel: (parcel: Parcel) => Uint8Array
  /** One by itself, of its JSON. */
  readonly record: (line: Buffer) => Buffer
}

const json: RecordEncoder = { parcel: ({ records }) => records, record: line => line }

/** The encoder of protobuf is loaded where it is asked for. */
export async function encoderOf(encoding: RecordEncoding): Promise<RecordEncoder> {
  if (encoding === 'json') return json
  const { protobufOf, recordProtobuf } = await import('../../shape/protobuf/encode.ts')
  return {
    parcel: ({ records, count }) => protobufOf(Records.ofLines(records, count)),
    record: line => Buffer.from(recordProtobuf(line.toString('utf8'))),
  }
}
