import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { badAnswers, goodAnswers } from './answers.ts'
import { cutAt, readAnswer } from './read-answer.ts'

const all = [...goodAnswers, ...badAnswers]
const bytesOf = ({ bytes }: { readonly bytes: string }): Buffer => Buffer.from(bytes, 'latin1')

describe('an answer', () => {
  for (const answer of all) {
    const method = answer.method ?? 'GET'
    test(`with ${answer.name}`, () => {
      const { is } = answer
      const found = readAnswer([bytesOf(answer)], { method })
      if ('reason' in is) expect(found).toEqual({ reason: is.reason, message: expect.stringMatching(is.message) } as never)
      else expect(found).toMatchObject(is as never)
    })
  }

  test('is the same however it is cut', () => {
    const answers = fc.constantFrom(...all)
    fc.assert(
      fc.property(
        answers,
        fc.array(fc.nat(100_000), { maxLength: 12 }),
        fc.array(fc.nat(80), { maxLength: 12 }),
        (answer, wide, near) => {
          const method = answer.method ?? 'GET'
          const bytes = bytesOf(answer)
          expect(readAnswer(cutAt(bytes, [...wide, ...near]), { method })).toEqual(readAnswer([bytes], { method }))
        },
      ),
      { numRuns: 600 },
    )
  })

  test('is the same byte by byte', () => {
    for (const answer of all.filter(({ bytes }) => bytes.length < 5000)) {
      const method = answer.method ?? 'GET'
      const bytes = bytesOf(answer)
      expect(
        readAnswer(
          Array.from(bytes, byte => Buffer.of(byte)),
          { method },
        ),
      ).toEqual(readAnswer([bytes], { method }))
    }
  })

  test('that is garbled is an answer or an error in words, and the same however it is cut', () => {
    const mutation = fc.record({ at: fc.nat(400), remove: fc.nat(3), insert: fc.uint8Array({ maxLength: 4 }) })
    const short = fc.constantFrom(...all.filter(({ bytes }) => bytes.length < 2000))
    fc.assert(
      fc.property(short, fc.array(mutation, { minLength: 1, maxLength: 4 }), fc.array(fc.nat(400)), (answer, mutations, cuts) => {
        let bytes = bytesOf(answer)
        for (const { at, remove, insert } of mutations) {
          const place = at % (bytes.length + 1)
          bytes = Buffer.concat([bytes.subarray(0, place), insert, bytes.subarray(place + remove)])
        }
        const found = readAnswer([bytes])
        if ('reason' in found) expect(found.message).toMatch(/^[a-z]/)
        expect(readAnswer(cutAt(bytes, cuts))).toEqual(found)
      }),
      { numRuns: 3000 },
    )
  }, 60_000)

  test('that is noise is an error in words', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), noise => {
        expect(readAnswer([Buffer.from(noise)])).toHaveProperty('reason')
        readAnswer([Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'), noise])])
      }),
    )
  })
})
