import { expect, test } from 'bun:test'
import { PassThrough } from 'node:stream'
import fc from 'fast-check'
import { Dialogue } from '../../src/lib/net/dialogue.ts'
import { NetError } from '../../src/lib/net/net-error.ts'
import { readSshBanner, type SshBanner } from '../../src/lib/net/ssh-banner.ts'

const { signal } = new AbortController()

async function read(pieces: readonly Uint8Array[]): Promise<SshBanner | string> {
  const stream = new PassThrough()
  using dialogue = new Dialogue(stream, { signal, before: 'its version' })
  const reading = readSshBanner(dialogue)
  for (const piece of pieces) stream.write(piece)
  stream.end()
  try {
    return await reading
  } catch (error) {
    if (!(error instanceof NetError)) throw error
    return error.message
  }
}

test('any bytes are a version or are refused, in the same way however they are cut', async () => {
  const word = fc.constantFrom('SSH-', '2.0-', 'OpenSSH_9.2', ' ', '\r\n', '\n', '\0', 'é', '-', 'x'.repeat(100))
  const bytes = fc.oneof(
    fc.array(word, { maxLength: 12 }).map(words => Buffer.from(words.join(''))),
    fc.uint8Array({ maxLength: 300 }).map(array => Buffer.from(array)),
  )
  await fc.assert(
    fc.asyncProperty(bytes, fc.integer({ min: 1, max: 40 }), async (all, length) => {
      const pieces = Array.from({ length: Math.ceil(all.length / length) }, (_, at) =>
        all.subarray(at * length, (at + 1) * length),
      )
      const whole = await read([all])
      expect(await read(pieces)).toEqual(whole)
      if (typeof whole === 'object') expect(whole.text).toMatch(/^SSH-[^-\s]+-\S+/)
    }),
  )
})
