import { refused, type StartTlsProtocol } from './start-tls-protocol.ts'

const escaped = (text: string): string => text.replace(/[<>&'"]/g, character => `&#${character.charCodeAt(0)};`)

function of(namespace: string, port: number): StartTlsProtocol {
  return {
    port,
    async ask(dialogue, server) {
      const spaces = `xmlns='${namespace}' xmlns:stream='http://etherx.jabber.org/streams'`
      dialogue.send(`<?xml version='1.0'?><stream:stream to='${escaped(server)}' ${spaces} version='1.0'>`)
      // A server that does not want us closes its stream in place of telling what it offers.
      for (let said = ''; ; ) {
        said += await dialogue.until('>')
        if (said.endsWith('</stream:stream>') || said.endsWith('<stream:features/>')) throw refused('it does not offer STARTTLS')
        if (!said.endsWith('</stream:features>')) continue
        if (!/<starttls[\s/>]/.test(said)) throw refused('it does not offer STARTTLS')
        break
      }
      dialogue.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
      const answer = await dialogue.until('>')
      if (!/^\s*<proceed\b/.test(answer)) throw refused(answer)
      if (!answer.endsWith('/>')) await dialogue.until('</proceed>')
    },
  }
}

/** RFC 6120, section 5: from clients, and between servers. */
export const xmpp = of('jabber:client', 5222)
export const xmppServer = of('jabber:server', 5269)
