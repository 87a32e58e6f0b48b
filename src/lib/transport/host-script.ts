import type { Command, Output } from '../core/transport.ts'

// Scripts that run on hosts: POSIX sh with the tools of GNU or busybox. Each is one line without '!' and without two backslashes in a
// row, so that any login shell (csh and fish included) can hand it to sh. Nothing variable is ever part of a script: it comes as $1 and
// so on, or on stdin.

/** A script for `sh -c`, and what it does, for messages: `could not read /etc/motd`. */
export interface HostScript {
  readonly does: string
  readonly text: string
}

const mark = '\0opsctl\0'

/** A script of these lines; each ends with what joins it to the next: `;`, `then`, `&&`. */
export function hostScript(does: string, ...lines: readonly string[]): HostScript {
  return { does, text: ['printf "\\0opsctl\\0";', ...lines].join(' ') }
}

/** The command that runs a script. */
export const scriptCommand = ({ text }: HostScript, args: readonly string[]): Command & { readonly argv: readonly string[] } => ({
  argv: ['sh', '-c', text, 'sh', ...args],
})

/** What a script printed, without what a login shell said before; undefined when the script was not even started. */
export function scriptOutput({ stdout }: Pick<Output, 'stdout'>): Buffer | undefined {
  const bytes = Buffer.from(stdout.buffer, stdout.byteOffset, stdout.byteLength)
  const at = bytes.indexOf(mark)
  return at === -1 ? undefined : bytes.subarray(at + mark.length)
}

/** `count` texts that each end with a NUL, and the bytes after them. Undefined when there are fewer. */
export function splitFields(bytes: Buffer, count: number): { readonly fields: string[]; readonly rest: Buffer } | undefined {
  const fields: string[] = []
  let from = 0
  while (fields.length < count) {
    const end = bytes.indexOf(0, from)
    if (end === -1) return undefined
    fields.push(bytes.toString('utf8', from, end))
    from = end + 1
  }
  return { fields, rest: bytes.subarray(from) }
}

/** All texts of an output of which each ends with a NUL. */
export const allFields = (bytes: Buffer): string[] => bytes.toString().split('\0').slice(0, -1)

/** The last lines of stderr that say something, as one line of at most 500 characters; those with an error of the system go first. */
export function lastWords({ stderr }: Pick<Output, 'stderr'>, count = 1): string {
  const lines = Buffer.from(stderr)
    .toString()
    .split('\n')
    .flatMap(line => line.trim() || [])
  const telling = lines.filter(line => /no space|quota|permission denied|read-only|not permitted/i.test(line))
  const chosen = count === 1 && telling[0] ? [telling[0]] : lines.slice(-count)
  return chosen.join('; ').slice(-500)
}

/** Shell function: `digest FILE` prints the SHA-256 of the file in hex and perhaps more after a space. */
export const digestFunction =
  'digest() { if command -v sha256sum >/dev/null; then sha256sum <"$1"; elif command -v shasum >/dev/null; then shasum -a 256 <"$1"; ' +
  'elif command -v openssl >/dev/null; then openssl dgst -sha256 -r <"$1"; else busybox sha256sum <"$1"; fi; };'

/**
 * Shell function: `absent PATH` is true when nothing is there, and ends the script when that can not be seen, because a directory on
 * the way may not be entered: unreadable is not absent.
 */
export const absentFunction =
  'absent() { if [ -e "$1" ] || [ -h "$1" ]; then return 1; fi; anchor=${1%/*}; until [ -e "${anchor:-/}" ]; do anchor=${anchor%/*}; done; ' +
  'if [ -x "${anchor:-/}" ] || [ -f "${anchor:-/}" ]; then return 0; fi; echo "${anchor:-/}: permission denied" >&2; exit 1; };'
