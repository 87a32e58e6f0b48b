import { createHash } from 'node:crypto'

/** Of loader.h and cs_blobs.h of Darwin. */
const machO64 = 0xfeedfacf
const segment64 = 0x19
const codeSignature = 0x1d
const embeddedSignature = 0xfade0cc0
const codeDirectory = 0xfade0c02
const adHoc = 0x2
const sha256Type = 2
const pageBits = 12
const mainBinary = 1

interface Place {
  /** Of the load command. */
  readonly command: number
  readonly offset: number
  readonly size: number
}

interface Layout {
  readonly signature: Place
  readonly linkEdit: Place
  readonly text: Place
}

/**
 * The program with an ad-hoc signature of this identifier: the hash of every page, signed by nobody, which is what macOS asks of a
 * program at least. It takes the place of the signature that ends the file.
 * @throws Error when it is no 64-bit Mach-O that ends with a signature
 */
export function signMachO(program: Buffer, identifier: string): Buffer {
  const { signature, linkEdit, text } = layoutOf(program)
  const size = align(signatureSize(signature.offset, identifier), 16)
  const signed = Buffer.alloc(signature.offset + size)
  program.copy(signed, 0, 0, signature.offset)
  signed.writeUInt32LE(size, signature.command + 12)
  const linkEditSize = signature.offset + size - linkEdit.offset
  signed.writeBigUInt64LE(BigInt(linkEditSize), linkEdit.command + 48)
  signed.writeBigUInt64LE(BigInt(align(linkEditSize, 1 << 14)), linkEdit.command + 32)
  superBlob(signed.subarray(0, signature.offset), identifier, text).copy(signed, signature.offset)
  return signed
}

export interface SignatureState {
  readonly identifier: string
  readonly pages: number
  /** Those whose hash is not that of the signature. */
  readonly wrongPages: number
  readonly isAdHoc: boolean
}

/** Checks the code directory of a signature against the program, page by page. @throws Error when there is none */
export function checkSignature(program: Buffer): SignatureState {
  const { signature } = layoutOf(program)
  const blob = program.subarray(signature.offset, signature.offset + signature.size)
  if (blob.readUInt32BE(0) !== embeddedSignature) throw new Error('the signature is no super blob')
  const directory = blob.subarray(blob.readUInt32BE(16))
  if (directory.readUInt32BE(0) !== codeDirectory) throw new Error('the signature does not begin with a code directory')
  const [hashes, name, pages, limit] = [16, 20, 28, 32].map(at => directory.readUInt32BE(at))
  if (hashes === undefined || name === undefined || pages === undefined || limit !== signature.offset)
    throw new Error('the signature does not cover the program')
  const pageSize = 1 << directory.readUInt8(39)
  let wrongPages = 0
  for (let page = 0; page < pages; page++) {
    const hash = sha256(program.subarray(page * pageSize, Math.min((page + 1) * pageSize, limit)))
    if (!hash.equals(directory.subarray(hashes + page * 32, hashes + page * 32 + 32))) wrongPages++
  }
  const identifier = directory.toString('utf8', name, directory.indexOf(0, name))
  return { identifier, pages, wrongPages, isAdHoc: (directory.readUInt32BE(12) & adHoc) !== 0 }
}

function layoutOf(program: Buffer): Layout {
  if (program.readUInt32LE(0) !== machO64) throw new Error('not a 64-bit Mach-O')
  const places = new Map<string, Place>()
  let command = 32
  for (let left = program.readUInt32LE(16); left > 0; left--) {
    const kind = program.readUInt32LE(command)
    if (kind === codeSignature)
      places.set(kind.toString(), {
        command,
        offset: program.readUInt32LE(command + 8),
        size: program.readUInt32LE(command + 12),
      })
    if (kind === segment64) {
      const name = program.toString('latin1', command + 8, command + 24).replace(/\0.*/, '')
      const [offset, size] = [40, 48].map(at => Number(program.readBigUInt64LE(command + at)))
      places.set(name, { command, offset: offset ?? 0, size: size ?? 0 })
    }
    command += program.readUInt32LE(command + 4)
  }
  const [signature, linkEdit, text] = [codeSignature.toString(), '__LINKEDIT', '__TEXT'].map(name => places.get(name))
  if (signature === undefined || linkEdit === undefined || text === undefined) throw new Error('no signature to replace')
  if (signature.offset + signature.size !== program.length) throw new Error('the signature does not end the program')
  return { signature, linkEdit, text }
}

const superBlobHeader = 20
const directoryHeader = 88

const signatureSize = (limit: number, identifier: string): number =>
  superBlobHeader + directoryHeader + identifier.length + 1 + Math.ceil(limit / (1 << pageBits)) * 32

function superBlob(signed: Buffer, identifier: string, text: Place): Buffer {
  const pageSize = 1 << pageBits
  const pages = Math.ceil(signed.length / pageSize)
  const blob = Buffer.alloc(signatureSize(signed.length, identifier))
  writeWords(blob, [embeddedSignature, blob.length, 1, 0, superBlobHeader])
  const directory = blob.subarray(superBlobHeader)
  const hashes = directoryHeader + identifier.length + 1
  writeWords(directory, [codeDirectory, directory.length, 0x20400, adHoc, hashes, directoryHeader, 0, pages, signed.length])
  directory.set([32, sha256Type, 0, pageBits], 36)
  // Of the executable segment: where it starts, how long it is, and that this is a program and no library.
  directory.writeBigUInt64BE(BigInt(text.offset), 64)
  directory.writeBigUInt64BE(BigInt(text.size), 72)
  directory.writeBigUInt64BE(BigInt(mainBinary), 80)
  directory.write(identifier, directoryHeader, 'latin1')
  for (let page = 0; page < pages; page++)
    sha256(signed.subarray(page * pageSize, (page + 1) * pageSize)).copy(directory, hashes + page * 32)
  return blob
}

function writeWords(blob: Buffer, words: readonly number[]): void {
  for (const [index, word] of words.entries()) blob.writeUInt32BE(word, index * 4)
}

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()
const align = (size: number, to: number): number => Math.ceil(size / to) * to
