import type { Dialogue } from './dialogue.ts'
import { NetError } from './net-error.ts'

/** How an SSH server introduces itself (RFC 4253, section 4.2). */
export interface SshBanner {
  /** The whole line: `SSH-2.0-OpenSSH_9.2p1 Debian-2`. */
  readonly text: string
  /** `2.0`; `1.99` speaks 1 as well (section 5.1). */
  readonly protocol: string
  /** `OpenSSH_9.2p1`. */
  readonly softwareVersion: string
  /** What is told after it: `Debian-2`. */
  readonly comments?: string
  /** Lines that the server says before. */
  readonly before: readonly string[]
}

/** With the end of the line. */
const maxLine = 255
const maxLinesBefore = 1024
const form = /^SSH-([^-\s]+)-(\S+)(?: (.*))?$/

/** @throws NetError `protocol` for what is no SSH, `reset` when it ends before; the signal's reason */
export async function readSshBanner(dialogue: Dialogue): Promise<SshBanner> {
  const before: string[] = []
  for (;;) {
    const line = await dialogue.line()
    if (!line.startsWith('SSH-')) {
      before.push(line)
      if (before.length > maxLinesBefore) throw broken('the server says more than 1024 lines before its version')
      continue
    }
    if (Buffer.byteLength(line) + 2 > maxLine) throw broken(`the version of the server is longer than ${maxLine} bytes`)
    const [, protocol, softwareVersion, comments] = form.exec(line) ?? []
    if (protocol === undefined || softwareVersion === undefined || /[^\x20-\x7e\x80-\u{10ffff}]/u.test(line)) {
      throw broken(`the version of the server is not of the form SSH-2.0-name: ${JSON.stringify(line)}`)
    }
    return { text: line, protocol, softwareVersion, ...(comments !== undefined && { comments }), before }
  }
}

const broken = (message: string): NetError => new NetError('protocol', message, { phase: 'wait' })

/** `OpenSSH_9.2p1` is OpenSSH of version 9.2p1; some names have none. */
export function softwareOf(softwareVersion: string): { readonly software: string; readonly version?: string } {
  const [, software, version] = /^(.+?)[_-]v?(\d\S*)$/i.exec(softwareVersion) ?? []
  return software === undefined || version === undefined ? { software: softwareVersion } : { software, version }
}
