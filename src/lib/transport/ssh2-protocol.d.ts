/** The parts of ssh2 1.17.0 below its Client, which its own types leave out. The version is pinned; test/transport/ssh-session.test.ts would tell of a change. */
declare module 'ssh2/lib/protocol/Protocol.js' {
  export interface ProtocolConfig {
    ident: string
    /** A KexInit: it can be shared by connections. */
    offer: object
    onWrite(data: Buffer): void
    onError(error: Error & { level?: string }): void
    onHeader(header: { greeting: string; versions: { software: string } }): void
    onHandshakeComplete(): void
    /** undefined: the answer comes through `verify`. */
    hostVerifier(key: Buffer, verify: (permitted: boolean) => void): undefined
    messageHandlers: MessageHandlers
  }

  export interface MessageHandlers {
    DISCONNECT(protocol: Protocol, reason: number, description: string): void
    SERVICE_ACCEPT(protocol: Protocol, name: string): void
    EXT_INFO(protocol: Protocol, extensions: readonly { name: string; algs: readonly string[] }[]): void
    USERAUTH_BANNER(protocol: Protocol, message: string): void
    USERAUTH_SUCCESS(protocol: Protocol): void
    USERAUTH_FAILURE(protocol: Protocol, methods: readonly string[], partial: boolean): void
    USERAUTH_PASSWD_CHANGEREQ(protocol: Protocol, prompt: string): void
    USERAUTH_PK_OK(protocol: Protocol, algorithm: string, key: Buffer): void
    USERAUTH_INFO_REQUEST(
      protocol: Protocol,
      name: string,
      instructions: string,
      prompts: readonly { prompt: string; echo: boolean }[],
    ): void
    REQUEST_SUCCESS(protocol: Protocol): void
    REQUEST_FAILURE(protocol: Protocol): void
    GLOBAL_REQUEST(protocol: Protocol, name: string, wantReply: boolean): void
    CHANNEL_OPEN(protocol: Protocol, info: { type: string; sender: number; window: number; packetSize: number }): void
    CHANNEL_OPEN_CONFIRMATION(
      protocol: Protocol,
      info: { recipient: number; sender: number; window: number; packetSize: number },
    ): void
    CHANNEL_OPEN_FAILURE(protocol: Protocol, recipient: number, reason: number, description: string): void
    CHANNEL_WINDOW_ADJUST(protocol: Protocol, recipient: number, bytes: number): void
    CHANNEL_DATA(protocol: Protocol, recipient: number, data: Buffer): void
    CHANNEL_EXTENDED_DATA(protocol: Protocol, recipient: number, data: Buffer, type: number): void
    CHANNEL_EOF(protocol: Protocol, recipient: number): void
    CHANNEL_CLOSE(protocol: Protocol, recipient: number): void
    CHANNEL_REQUEST(protocol: Protocol, recipient: number, type: string, wantReply: boolean, data: unknown): void
    CHANNEL_SUCCESS(protocol: Protocol, recipient: number): void
    CHANNEL_FAILURE(protocol: Protocol, recipient: number): void
  }

  export interface KeyExchange {
    sessionID: Buffer
    /** `group` and `groupex` are Diffie-Hellman over a prime field. */
    type: string
    /** Of a `group`. */
    groupName?: string
    /** Of a `groupex`, once the server has named them. */
    _prime?: Buffer | null
    _generator?: Buffer | null
    _dh: { generateKeys(): Buffer } | null
    _public: Buffer | null
    generateKeys(): void
  }

  class Protocol {
    constructor(config: ProtocolConfig)
    start(): void
    parse(chunk: Buffer, from: number, to: number): void
    cleanup(): void
    disconnect(reason: number): void
    ping(): void
    requestSuccess(): void
    requestFailure(): void
    service(name: string): void
    authPassword(user: string, password: string): void
    authKeyboard(user: string): void
    authNone(user: string): void
    authInfoRes(answers: readonly string[]): void
    session(channel: number, window: number, maxPacket: number): void
    directTcpip(
      channel: number,
      window: number,
      maxPacket: number,
      target: { srcIP: string; srcPort: number; dstIP: string; dstPort: number },
    ): void
    exec(channel: number, command: string, wantReply: boolean): void
    subsystem(channel: number, name: string, wantReply: boolean): void
    signal(channel: number, name: string): void
    openssh_agentForward(channel: number, wantReply: boolean): void
    channelOpenConfirm(remote: number, local: number, window: number, maxPacket: number): void
    channelOpenFail(remote: number, reason: number, description: string): void
    channelData(channel: number, data: Buffer): void
    channelWindowAdjust(channel: number, bytes: number): void
    channelEOF(channel: number): void
    channelClose(channel: number): void
    channelSuccess(channel: number): void
    channelFailure(channel: number): void

    /** Internals, used by ssh-library.ts alone. */
    _kex?: KeyExchange | undefined
    _authsQueue: string[]
    _packetRW: { write: { allocStart: number; alloc(bytes: number): Buffer; finalize(packet: Buffer): Buffer } }
  }
  export default Protocol
}

declare module 'ssh2/lib/protocol/kex.js' {
  export interface Lists {
    cipher: readonly string[]
    mac: readonly string[]
    compress: readonly string[]
    lang: readonly string[]
  }
  const kex: {
    KexInit: new (offer: { kex: readonly string[]; serverHostKey: readonly string[]; cs: Lists; sc: Lists }) => object
  }
  export default kex
}

declare module 'ssh2/lib/protocol/utils.js' {
  import type Protocol from 'ssh2/lib/protocol/Protocol.js'

  const utils: { sendPacket(protocol: Protocol, packet: Buffer): boolean }
  export default utils
}

declare module 'ssh2/lib/protocol/crypto.js' {
  const crypto: { init: Promise<void> }
  export default crypto
}

declare module 'ssh2/lib/protocol/keyParser.js' {
  export interface ParsedKey {
    readonly type: string
    readonly comment: string
    isPrivateKey(): boolean
    getPrivatePEM(): string
    getPublicSSH(): Buffer
  }
  const keyParser: { parseKey(data: Buffer | string, passphrase?: string): ParsedKey | ParsedKey[] | Error }
  export default keyParser
}

declare module 'ssh2/lib/protocol/constants.js' {
  const constants: {
    readonly SUPPORTED_KEX: readonly string[]
    readonly SUPPORTED_SERVER_HOST_KEY: readonly string[]
    readonly SUPPORTED_CIPHER: readonly string[]
    readonly SUPPORTED_MAC: readonly string[]
  }
  export default constants
}
