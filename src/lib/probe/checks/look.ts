import type { CheckPlace, CheckResult } from '../../core/check.ts'
import { type Command, type Output, TransportError } from '../../core/transport.ts'

/** A look that could not be had: becomes the verdict `unknown`. */
export class Unseen extends Error {
  override readonly name = 'Unseen'
}

/** How long a look may take, unless told otherwise, milliseconds. */
export const lookMs = 30_000

/** Of all that a look may print. */
const maxBytes = 16 * 1024 ** 2

/** Judges what was seen; what could not be seen, the connection included, is unknown. */
export async function judge(look: () => Promise<CheckResult>): Promise<CheckResult> {
  try {
    return await look()
  } catch (error) {
    return unknown(error)
  }
}

/** The result of a look that could not be had. @throws what is no trouble of the host */
export function unknown(error: unknown): CheckResult {
  if (error instanceof Unseen) return { verdict: 'unknown', reason: 'unreadable', message: error.message }
  if (error instanceof TransportError) return { verdict: 'unknown', reason: error.reason, message: error.message }
  throw error
}

/** How a command ended. @throws Unseen when it was ended, or how it ended is not known */
export async function runToEnd(
  { transport, signal, sudo }: CheckPlace,
  command: Command,
  { does, timeoutMs = lookMs }: { readonly does: string; readonly timeoutMs?: number },
): Promise<Output> {
  const output = await transport.run(command, { signal, timeoutMs, maxOutputBytes: maxBytes, ...(sudo && { sudo }) })
  if (output.ended) throw new Unseen(`could not ${does}: ${output.message || output.ended}`)
  if (output.code === null && output.signal === undefined) throw new Unseen(`could not ${does}: it ended without saying how`)
  return output
}
