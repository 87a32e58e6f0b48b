import type { Dialogue } from '../dialogue.ts'
import { DerError, DerReader, derTags } from '../tls/der.ts'
import { refused, type StartTlsProtocol } from './start-tls-protocol.ts'

const name = '1.3.6.1.4.1.1466.20037'
/** An ExtendedRequest, message 1 (RFC 4511, section 4.14). */
const request = Buffer.from([0x30, 0x1d, 0x02, 0x01, 0x01, 0x77, 0x18, 0x80, name.length, ...Buffer.from(name)])
const extendedResponse = 0x78

export const ldap: StartTlsProtocol = {
  port: 389,
  async ask(dialogue) {
    dialogue.send(request)
    const message = await wholeMessage(dialogue)
    try {
      const parts = new DerReader(message)
      parts.next(derTags.integer)
      const response = parts.inside(extendedResponse)
      const [code] = response.next(derTags.enumerated).content
      response.next(derTags.octetString)
      const text = Buffer.from(response.next(derTags.octetString).content).toString()
      if (code !== 0) throw refused(`result ${code}${text === '' ? '' : `, ${text}`}`)
    } catch (error) {
      throw error instanceof DerError ? refused('its answer is not of LDAP') : error
    }
  },
}

/** What is in the sequence of a message, whose length has up to four bytes. */
async function wholeMessage(dialogue: Dialogue): Promise<Buffer> {
  const [tag, first = 0] = await dialogue.bytes(2)
  const count = first & 0x7f
  if (tag !== derTags.sequence || (first >= 0x80 && (count === 0 || count > 4))) throw refused('its answer is not of LDAP')
  return dialogue.bytes(first < 0x80 ? first : (await dialogue.bytes(count)).readUIntBE(0, count))
}
