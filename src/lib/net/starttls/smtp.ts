import type { Dialogue } from '../dialogue.ts'
import { refused, type StartTlsProtocol } from './start-tls-protocol.ts'

/** RFC 3207. */
export const smtp: StartTlsProtocol = {
  port: 25,
  async ask(dialogue) {
    await reply(dialogue, '220')
    dialogue.send('EHLO opsctl.invalid\r\n')
    const offers = await reply(dialogue, '250')
    if (!offers.some(offer => /^STARTTLS$/i.test(offer.trim()))) throw refused('it does not offer STARTTLS')
    dialogue.send('STARTTLS\r\n')
    await reply(dialogue, '220')
  },
}

/** The texts of a reply of this code: `250-…` goes on, `250 …` is the last (RFC 5321, section 4.2). Also what FTP answers in. */
export async function reply(dialogue: Dialogue, code: string): Promise<string[]> {
  const texts: string[] = []
  for (;;) {
    const line = await dialogue.line()
    if (!line.startsWith(code)) throw refused(line)
    texts.push(line.slice(4))
    if (line[3] !== '-') return texts
  }
}
