import { type Cursor, dash, dot, type FieldScan, keyBytes, latin1, nine, quote, space, stopTable, zero } from './cursor.ts'

/** `GET /path HTTP/1.1` in quotes, as method, path and protocol. */
export class RequestScan implements FieldScan {
  readonly #after: Uint8Array
  readonly #method: Uint8Array | undefined
  readonly #path: Uint8Array | undefined
  readonly #protocol: Uint8Array | undefined
  readonly #stops = [stopTable(space, { valid: false }), stopTable(space, { valid: true })]

  /** `wants` says which parts are written. */
  constructor(after: Uint8Array, wants: (part: 'method' | 'path' | 'protocol') => boolean = () => true) {
    this.#after = after
    this.#method = wants('method') ? keyBytes('method', '"') : undefined
    this.#path = wants('path') ? keyBytes('path', '"') : undefined
    this.#protocol = wants('protocol') ? keyBytes('protocol', '"HTTP/') : undefined
  }

  scan(cursor: Cursor): boolean {
    const { input, output } = cursor
    let i = cursor.at
    let o = cursor.length
    let byte = input[i] as number
    if (byte === dash) {
      cursor.at = i + 1
      return this.#end(cursor)
    }
    const begin = i
    while (byte >= capitalA && byte <= capitalZ) byte = input[++i] as number
    if (i === begin || byte !== space) return false
    const method = this.#method
    if (method !== undefined) {
      for (let k = 0; k < method.length; k++) output[o++] = method[k] as number
      for (let k = begin; k < i; k++) output[o++] = input[k] as number
      output[o++] = quote
    }
    cursor.at = i + 1
    cursor.length = o
    return this.#target(cursor) && this.#version(cursor) && this.#end(cursor)
  }

  /** The path, and the space behind it. */
  #target(cursor: Cursor): boolean {
    const { input, output } = cursor
    const stop = this.#stops[cursor.valid ? 1 : 0] as Uint8Array
    const path = this.#path
    const begin = cursor.at
    let i = begin
    let byte = input[i] as number
    if (path === undefined) while (stop[byte] === 0) byte = input[++i] as number
    else {
      let o = cursor.length
      for (let k = 0; k < path.length; k++) output[o++] = path[k] as number
      while (stop[byte] === 0) {
        output[o++] = byte
        byte = input[++i] as number
      }
      output[o++] = quote
      cursor.length = o
    }
    if (i === begin || byte !== space) return false
    cursor.at = i + 1
    return true
  }

  /** `HTTP/1.1` or `HTTP/2.0`. */
  #version(cursor: Cursor): boolean {
    const { input, output } = cursor
    let i = cursor.at
    let o = cursor.length
    for (let k = 0; k < http.length; k++) if (input[i++] !== http[k]) return false
    const major = input[i] as number
    const minor = input[i + 2] as number
    if (major < zero || major > nine || input[i + 1] !== dot || minor < zero || minor > nine) return false
    const protocol = this.#protocol
    if (protocol !== undefined) {
      for (let k = 0; k < protocol.length; k++) output[o++] = protocol[k] as number
      output[o++] = major
      output[o++] = dot
      output[o++] = minor
      output[o++] = quote
    }
    cursor.at = i + 3
    cursor.length = o
    return true
  }

  #end(cursor: Cursor): boolean {
    const { input } = cursor
    const after = this.#after
    let i = cursor.at
    for (let k = 0; k < after.length; k++) if (input[i++] !== after[k]) return false
    cursor.at = i
    return true
  }
}

const http = latin1('HTTP/')
const [capitalA, capitalZ] = [65, 90]
