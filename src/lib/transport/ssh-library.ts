/**
 * ssh2's transport layer below its Client: packets, key exchange, message parsing. Client itself is not used, because it verifies three
 * more signatures for each connection to OpenSSH (hostkeys-prove), can not use certificates or security keys of an agent, and holds each
 * channel in four streams. What is touched of ssh2's internals is touched here only.
 */
import type Protocol from 'ssh2/lib/protocol/Protocol.js'
import { DiffieHellman } from './diffie-hellman.ts'

export type SshProtocol = Protocol
export type { MessageHandlers } from 'ssh2/lib/protocol/Protocol.js'

export interface Algorithms {
  readonly kex: readonly string[]
  readonly hostKey: readonly string[]
  readonly ciphers: readonly string[]
  readonly macs: readonly string[]
  readonly compression: boolean
}

export interface SshLibrary {
  /** One side of a connection that has yet to be started. */
  protocol(config: ConstructorParameters<typeof Protocol>[0]): SshProtocol
  readonly supported: Omit<Algorithms, 'compression'>
  /** What is offered to a server; the same object for the same algorithms. */
  offer(algorithms: Algorithms): object
  parseKey: typeof import('ssh2/lib/protocol/keyParser.js')['default']['parseKey']
  /** Sends a request of the authentication protocol that Protocol has no method for. */
  sendAuthRequest(protocol: SshProtocol, payload: Uint8Array): void
}

/** Loads ssh2: about 10 ms, so not before the first connection. */
export async function loadSsh(): Promise<SshLibrary> {
  const [protocol, kex, utils, crypto, keyParser, constants] = await Promise.all([
    import('ssh2/lib/protocol/Protocol.js'),
    import('ssh2/lib/protocol/kex.js'),
    import('ssh2/lib/protocol/utils.js'),
    import('ssh2/lib/protocol/crypto.js'),
    import('ssh2/lib/protocol/keyParser.js'),
    import('ssh2/lib/protocol/constants.js'),
  ])
  await crypto.default.init
  const names = constants.default
  // Nearly every host of a run is offered the same, and an offer is fifty objects.
  const offers = new Map<string, object>()
  return {
    protocol: config => withOwnDiffieHellman(new protocol.default(config)),
    supported: {
      kex: names.SUPPORTED_KEX,
      hostKey: names.SUPPORTED_SERVER_HOST_KEY,
      ciphers: names.SUPPORTED_CIPHER,
      macs: names.SUPPORTED_MAC,
    },
    offer: algorithms => {
      const key = JSON.stringify(algorithms)
      const offer = offers.get(key) ?? new kex.default.KexInit(offerLists(algorithms))
      offers.set(key, offer)
      return offer
    },
    parseKey: keyParser.default.parseKey,
    sendAuthRequest: (target, payload) => {
      // The kind of request in flight decides how the server's message 60 is read.
      target._authsQueue.push('publickey')
      const { write } = target._packetRW
      const start = write.allocStart
      const packet = write.alloc(payload.length)
      packet.set(payload, start)
      utils.default.sendPacket(target, write.finalize(packet))
    },
  }
}

function offerLists({ kex, hostKey, ciphers, macs, compression }: Algorithms) {
  const compress = compression ? ['zlib@openssh.com', 'zlib', 'none'] : ['none', 'zlib@openssh.com', 'zlib']
  const lists = { cipher: ciphers, mac: macs, compress, lang: [] }
  // The last two are no methods: they ask for server-sig-algs and for strict key exchange (the answer to Terrapin).
  const withFlags = [...kex, 'ext-info-c', 'kex-strict-c-v00@openssh.com']
  return { kex: withFlags, serverHostKey: hostKey, cs: lists, sc: lists }
}

/** What a signature for authentication is bound to. Known once the key exchange is done. */
export function sessionId(protocol: SshProtocol): Buffer {
  const id = protocol._kex?.sessionID
  if (!id) throw new Error('no key exchange yet')
  return id
}

/** ssh2 makes the object of a key exchange and starts it in one go: the moment in between is when it is put into its place. */
function withOwnDiffieHellman(protocol: SshProtocol): SshProtocol {
  let exchange = protocol._kex
  Object.defineProperty(protocol, '_kex', {
    get: () => exchange,
    set: (made: typeof exchange) => {
      exchange = made
      if (made?.type !== 'group' && made?.type !== 'groupex') return
      made.generateKeys = () => {
        if (made._dh) return
        if (made.groupName !== undefined) made._dh = DiffieHellman.known(made.groupName)
        else if (made._prime && made._generator)
          made._dh = DiffieHellman.chosen({ prime: made._prime, generator: made._generator })
        made._public = made._dh?.generateKeys() ?? null
      }
    },
  })
  return protocol
}
