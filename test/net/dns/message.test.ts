import { describe, expect, test } from 'bun:test'
import { encode, type Packet } from 'dns-packet'
import fc from 'fast-check'
import { encodeQuery, readAnswer } from '../../../src/lib/net/dns/message.ts'
import { NetError } from '../../../src/lib/net/net-error.ts'
import { zoneLine } from '../../helpers/dns-server.ts'

// Wants calm: 80 ms are not much.

const id = 0x1234
const question = { name: 'shop.example', type: 'A', class: 'IN' } as const
const query = encodeQuery({ ...question, recursionDesired: true }, id)
const answer = (more: Packet = {}): Buffer => encode({ type: 'response', id, questions: [question], ...more })
const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex')
/** A header of an answer with so many records, and the question. */
const head = (answers: number): Buffer => {
  const start = Buffer.from(answer())
  start.writeUInt16BE(answers, 6)
  return start
}

const strange: readonly (readonly [what: string, bytes: Buffer])[] = [
  ['another id', answer({ id: id + 1 })],
  ['a query', query],
  ['another name', answer({ questions: [{ ...question, name: 'shop.example.net' }] })],
  ['another type', answer({ questions: [{ ...question, type: 'AAAA' }] })],
  ['another class', answer({ questions: [{ ...question, class: 'CH' }] })],
  [
    'a name with its dot inside a label',
    Buffer.concat([answer().subarray(0, 12), bytes('0c 73686f702e6578616d706c65 00 0001 0001')]),
  ],
  ['no question and no error', answer({ questions: [], answers: [zoneLine('shop.example. 60 IN A 192.0.2.1')] })],
  [
    'no question, an error and records',
    answer({ questions: [], flags: 2, answers: [zoneLine('shop.example. 60 IN A 192.0.2.1')] }),
  ],
  ['nothing', Buffer.alloc(0)],
  ['less than a header', answer().subarray(0, 11)],
]

const malformed: readonly (readonly [what: string, bytes: Buffer, told: string])[] = [
  ['a record that is not there', head(1), 'a name goes on after the end'],
  ['65,535 records', head(65_535), 'it holds more than 1000 records'],
  [
    'a name that leads to itself',
    Buffer.concat([head(1), bytes('c01e 0001 0001 00000001 0004 c0000201')]),
    'a name leads to itself',
  ],
  [
    'a name that leads forward',
    Buffer.concat([head(1), bytes('c0ff 0001 0001 00000001 0004 c0000201')]),
    'a name leads to itself',
  ],
  ['data beyond the end', Buffer.concat([head(1), bytes('c00c 0001 0001 00000001 ffff c0000201')]), 'in the middle of a record'],
  ['an address of two bytes', Buffer.concat([head(1), bytes('c00c 0001 0001 00000001 0002 c000')]), ''],
  ['a text that is longer than its record', Buffer.concat([head(1), bytes('c00c 0010 0001 00000001 0003 ff6161')]), ''],
  ['a name in its data that leads to itself', Buffer.concat([head(1), bytes('c00c 0002 0001 00000001 0002 c02a')]), ''],
  ['a label of 64 bytes', Buffer.concat([head(1), bytes('40')]), 'a name holds what is no label'],
  [
    'a name of 256 bytes',
    Buffer.concat([head(1), ...new Array<Buffer>(4).fill(Buffer.alloc(64, 'a').fill(63, 0, 1)), bytes('00')]),
    'longer than 255',
  ],
]

describe('an answer of a name server', () => {
  test('is taken when it has the id and the question, in whatever case', () => {
    const record = zoneLine('SHOP.example. 60 IN A 192.0.2.1')
    const shouted = answer({ questions: [{ ...question, name: 'SHOP.Example' }], answers: [record] })
    expect(readAnswer(shouted, query)).toMatchObject({
      rcode: 'NOERROR',
      answers: [{ name: 'SHOP.example.', ttl: 60, class: 'IN', type: 'A', data: '192.0.2.1' }],
    })
    expect(readAnswer(answer({ questions: [], flags: 5 }), query)).toMatchObject({ rcode: 'REFUSED' })
  })

  test.each(strange)('with %s is not taken', (_, each) => {
    expect(readAnswer(each, query)).toBeUndefined()
  })

  test.each(malformed)('with %s is told as what it is', (_, each, told) => {
    let thrown: unknown
    try {
      readAnswer(each, query)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(NetError)
    expect(thrown).toMatchObject({
      reason: told.includes('1000') ? 'too-large' : 'protocol',
      message: expect.stringContaining(told),
    })
  })

  test('keeps what could disturb a terminal out of its texts', () => {
    const name = 'a\u001b[2Jb.example'
    const text = Buffer.from('say "hi"\\\u0007\u00e9')
    const message = readAnswer(
      answer({
        answers: [
          { type: 'CNAME', name, class: 'IN', data: name },
          { type: 'TXT', name: 'x', data: [text] },
        ],
      }),
      query,
    )
    expect(message?.answers.map(({ name, data, value }) => [name, data, value])).toEqual([
      ['a?[2Jb.example.', 'a?[2Jb.example.', 'a?[2Jb.example'],
      ['x.', '"say \\"hi\\"\\\\\\007\\195\\169"', 'say "hi"\\\\007\\195\\169'],
    ])
  })

  test('has the extended part of its status in the record of the extensions', () => {
    const extensions = {
      type: 'OPT',
      name: '.',
      udpPayloadSize: 1232,
      extendedRcode: 1,
      ednsVersion: 0,
      flags: 0,
      flag_do: false,
      options: [],
    } as const
    expect(readAnswer(answer({ additionals: [{ ...extensions, options: [] }] }), query)).toMatchObject({
      rcode: 'BADVERS',
      rcodeNumber: 16,
      additional: [],
    })
  })

  test('whatever its bytes are, it is read, left or told as malformed', () => {
    const good = answer({
      answers: [
        'shop.example. 60 IN CNAME www.shop.example.',
        'shop.example. 60 IN MX 10 mx1.shop.example.',
        'shop.example. 60 IN TXT "v=spf1"',
        'shop.example. 60 IN SOA ns.shop.example. noc.shop.example. 1 2 3 4 5',
        'shop.example. 60 IN SRV 1 2 3 dc1.shop.example.',
      ].map(zoneLine),
    })
    const types = [1, 2, 5, 6, 13, 15, 16, 17, 28, 33, 35, 41, 43, 44, 46, 47, 48, 50, 52, 65, 257]
    const mutated = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 8 }).map(changes => {
      const copy = Buffer.from(good)
      for (const [at, value] of changes) if (at > 1) copy[at] = value
      copy[2] = (copy[2] ?? 0) | 0x80
      return copy
    })
    const made = fc.tuple(fc.constantFrom(...types), fc.uint8Array({ maxLength: 80 })).map(([type, data]) => {
      const record = Buffer.alloc(12)
      record.writeUInt16BE(0xc00c, 0)
      record.writeUInt16BE(type, 2)
      record.writeUInt16BE(1, 4)
      record.writeUInt16BE(data.length, 10)
      return Buffer.concat([head(1), record, data])
    })
    const noise = fc.uint8Array({ maxLength: 600 }).map(rest => Buffer.concat([answer().subarray(0, 12), rest]))
    fc.assert(
      fc.property(fc.oneof(mutated, made, noise), each => {
        try {
          const message = readAnswer(each, query)
          const texts = [message?.answers, message?.authority, message?.additional].flatMap(records => records ?? [])
          expect(texts.map(({ name, data, value }) => `${name}${data}${value}`).join('')).toMatch(/^[\x20-\x7e]*$/)
        } catch (error) {
          expect(error).toBeInstanceOf(NetError)
        }
      }),
      { numRuns: 5000 },
    )
  }, 120_000)

  test('costs no more than its size, however its names are tied together', () => {
    // As many records as are taken, whose data is a name of pointers, each of which leads to the one before.
    const hops = 8000
    const pointers = Buffer.alloc(hops * 2)
    const first = head(1001)
    const start = first.length + 12
    for (let hop = 0; hop < hops; hop++) pointers.writeUInt16BE(0xc000 | (hop === 0 ? 12 : start + (hop - 1) * 2), hop * 2)
    const large = Buffer.alloc(12)
    large.writeUInt16BE(0xc00c, 0)
    large.writeUInt16BE(10, 2)
    large.writeUInt16BE(pointers.length, 10)
    const record = Buffer.from(large)
    record.writeUInt16BE(2, 2)
    record.writeUInt16BE(2, 10)
    const last = Buffer.alloc(2)
    last.writeUInt16BE(0xc000 | (start + (hops - 1) * 2))
    const all = Buffer.concat([first, large, pointers, ...new Array<Buffer[]>(999).fill([record, last]).flat()])
    all.writeUInt16BE(1000, 6)
    const before = performance.now()
    try {
      readAnswer(all, query)
    } catch (error) {
      expect(error).toBeInstanceOf(NetError)
    }
    expect(performance.now() - before).toBeLessThan(80)
  })
})
