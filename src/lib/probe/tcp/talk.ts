import type { Duplex } from 'node:stream'
import type { CheckPlace } from '../../core/check.ts'
import { Dialogue } from '../../net/dialogue.ts'
import { type SecureOptions, secureStream } from '../../net/secure-stream.ts'
import type { Looking } from '../look-at.ts'
import { runScript } from '../script/run-script.ts'
import { readTlsTerms } from '../tls-params.ts'
import { closing } from './closing.ts'
import type { TalkParams } from './talk-params.ts'

interface Talk extends Looking {
  readonly place: CheckPlace
  readonly params: TalkParams
  /** For TLS within the script. */
  readonly serverName: string
  readonly secure: SecureOptions
}

const lineEnds = { crlf: '\r\n', lf: '\n', none: '' } as const

/** Plays the script over an open stream, and closes it. @throws NetError; the signal's reason */
export async function talk(below: Duplex, { params, serverName, secure, ...looking }: Talk): Promise<void> {
  const { script, line_end: lineEnd, max_bytes: maxBytes } = params
  const { place } = looking
  const { signal } = secure
  if (script === undefined) return closing(below, place)
  let stream = below
  const listen = () => new Dialogue(stream, { signal, maxBytes, before: 'the script is done' })
  let dialogue = listen()
  try {
    await runScript(script, {
      ...looking,
      partner: {
        next: () => dialogue.nextLine(),
        bytes: count => dialogue.bytes(count),
        send: text => dialogue.send(`${text}${lineEnds[lineEnd]}`),
        async startTls() {
          dialogue.silent()
          dialogue[Symbol.dispose]()
          const wish = { ...(await readTlsTerms(place, params)), serverName, insecure: params.insecure }
          stream = (await secureStream(stream, wish, secure)).stream
          dialogue = listen()
        },
      },
    })
    await closing(stream, place)
  } finally {
    dialogue[Symbol.dispose]()
    stream.destroy()
    below.destroy()
  }
}
