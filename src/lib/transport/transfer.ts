import { randomHex } from '../core/random-hex.ts'
import { sha256 } from '../core/sha256.ts'
import { type Command, type Output, type PutOptions, type RunOptions, TransportError } from '../core/transport.ts'

/** How long removing the temporary file may take when putting failed. */
const cleanUpMs = 2000

type Run = (command: Command, options: RunOptions) => Promise<Output>

/** In one line and without '!', so that any login shell can hand it to sh. Prints the SHA-256 of what stands in the file $1. */
const digest =
  'digest() { if command -v sha256sum >/dev/null; then sha256sum <"$1"; elif command -v shasum >/dev/null; then shasum -a 256 <"$1"; ' +
  'elif command -v openssl >/dev/null; then openssl dgst -sha256 -r <"$1"; else busybox sha256sum <"$1"; fi; }; '

/** stdin to the new file $2, for the path $1. */
const receive =
  `${digest}[ -d "$1" ] && { echo "is a directory" >&2; exit 1; }; umask 077; set -C; ` +
  'trap "rm -f -- \\"\\$2\\"" HUP INT TERM; cat >"$2" && digest "$2" && exit 0; status=$?; rm -f -- "$2"; exit $status'

/** The file $2 to the path $1 with the mode $3 and the owner $4. */
const commit = '{ [ -z "$4" ] || chown -- "$4" "$2"; } && chmod -- "$3" "$2" && mv -f -- "$2" "$1"'

/**
 * Streams a file to a host through a temporary name in the same directory, compares the SHA-256 of what arrived, renames it.
 * @throws TransportError transfer, or why the connection failed
 */
export async function putFile(
  run: Run,
  input: PutOptions & { readonly content: AsyncIterable<Uint8Array> | Uint8Array; readonly path: string },
): Promise<void> {
  const temporary = temporaryName(input.path)
  try {
    await receiveAndCommit(run, { ...input, temporary })
  } catch (error) {
    // Also after an interrupt; what can not be removed within this time keeps its telling name.
    const { signal } = new AbortController()
    const options = { signal, timeoutMs: cleanUpMs, ...(input.sudo && { sudo: input.sudo }) }
    await run({ argv: ['rm', '-f', '--', temporary] }, options).catch(() => undefined)
    throw error
  }
}

async function receiveAndCommit(run: Run, input: Parameters<typeof putFile>[1] & { readonly temporary: string }): Promise<void> {
  const { path, temporary, signal, sudo } = input
  const options = { signal, ...(sudo && { sudo }) }
  const script = (text: string, ...args: string[]): Command => ({ argv: ['sh', '-c', text, 'sh', path, temporary, ...args] })
  const hashed = new HashedContent(input.content)
  const received = await run(script(receive), { ...options, stdin: hashed })
  demand(received, `${path} could not be written`)
  const sha256 = hashed.sha256()
  const theirs = /[0-9a-f]{64}/.exec(Buffer.from(received.stdout).toString())?.[0]
  if (theirs !== sha256) {
    throw new TransportError('transfer', `${path}: the SHA-256 there is ${theirs ?? 'unknown'}, here it is ${sha256}`)
  }
  demand(
    await run(script(commit, input.mode.toString(8).padStart(4, '0'), input.owner ?? ''), options),
    `${path} could not be put in place`,
  )
}

/** The content of a file. @throws TransportError transfer, or why the connection failed */
export async function getFile(run: Run, input: { readonly path: string; readonly signal: AbortSignal }): Promise<Uint8Array> {
  // '<' instead of a name: no path is taken for an option.
  const output = await run({ argv: ['sh', '-c', 'exec cat <"$1"', 'sh', input.path] }, { signal: input.signal })
  demand(output, `${input.path} could not be read`)
  return output.stdout
}

/** A new name in the directory of a path: only there a rename replaces a file in one step. */
export function temporaryName(path: string): string {
  return `${path.slice(0, path.lastIndexOf('/') + 1)}.opsctl-${randomHex(8)}`
}

/** @throws TransportError unless the command ended well */
function demand(output: Output, what: string): void {
  if (output.code === 0 && !output.ended) return
  const words = Buffer.from(output.stderr).toString().trim().split('\n').at(-1)
  const { ended } = output
  const reason = ended === 'cancelled' || ended === 'deadline' || ended === 'closed' ? ended : 'transfer'
  throw new TransportError(reason, [what, output.message || words || `status ${output.code}`].join(': '))
}

/** Content that is hashed while it is read. */
class HashedContent implements AsyncIterable<Uint8Array> {
  readonly #content: AsyncIterable<Uint8Array> | Uint8Array
  readonly #hash = sha256()

  constructor(content: AsyncIterable<Uint8Array> | Uint8Array) {
    this.#content = content
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    if (this.#content instanceof Uint8Array) {
      this.#hash.update(this.#content)
      yield this.#content
      return
    }
    for await (const bytes of this.#content) {
      this.#hash.update(bytes)
      yield bytes
    }
  }

  /** Of everything that was read. */
  sha256(): string {
    return this.#hash.digest('hex')
  }
}
