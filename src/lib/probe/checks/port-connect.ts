import type { CheckPlace } from '../../core/check.ts'
import { connectTcp, resolveName } from '../../net/connect.ts'
import { Deadline } from '../../run/deadline.ts'
import { hostScript, lastWords, scriptCommand, scriptOutput } from '../../transport/host-script.ts'
import { lookMs, runToEnd, Unseen } from './look.ts'

/** How an attempt to connect ended. */
export interface Tried {
  /** `no tool`: the host can not try. `unknown`: it could not be tried, and the message tells why. */
  readonly outcome: 'open' | 'closed' | 'no tool' | 'unknown'
  readonly message: string
  readonly connectMs?: number
}

interface Target {
  readonly address: string
  readonly port: number
  readonly timeoutMs: number
}

/** Tries from the machine that runs opsctl. */
export async function connectFromHere({ clock, signal }: CheckPlace, { address, port, timeoutMs }: Target): Promise<Tried> {
  using deadline = new Deadline(clock, { ms: timeoutMs, signal, reason: () => new TooLate() })
  const start = clock.monotonic()
  let resolved = false
  try {
    const addresses = await resolveName(address, { family: 0, signal: deadline.signal })
    resolved = true
    const socket = await connectTcp(clock, { addresses, port }, deadline.signal)
    socket.destroy()
    return { outcome: 'open', message: '', connectMs: clock.monotonic() - start }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    if (signal.aborted) return { outcome: 'unknown', message: 'it was stopped' }
    if (!resolved) return { outcome: 'unknown', message: `the name ${address} could not be resolved: ${message}` }
    return { outcome: 'closed', message: error instanceof TooLate ? `nothing within ${timeoutMs / 1000} s` : message }
  }
}

class TooLate extends Error {
  constructor() {
    super('no answer in time')
  }
}

const noTool = 101
/** Of timeout(1): GNU's, and busybox's, which tells the signal. */
const tooLate: readonly (number | null)[] = [124, 143]

/** Connects to $1, port $2, within $3 seconds, with what there is. Status 101: there is nothing to try with. */
const script = hostScript(
  'connect',
  'limit() { if command -v timeout >/dev/null; then timeout "$@"; else shift; "$@"; fi; };',
  'if command -v bash >/dev/null; then limit "$3" bash -c "exec 3<>/dev/tcp/\\$0/\\$1" "$1" "$2";',
  'elif command -v nc >/dev/null; then said=$(limit "$3" nc -z -v -w "$3" "$1" "$2" 2>&1 </dev/null); code=$?;',
  // The one of busybox knows no -z, but can become another program once it is connected.
  'case $said in *"invalid option"*|*"unrecognized option"*) limit "$3" nc -w "$3" "$1" "$2" -e true </dev/null;;',
  '*) echo "$said" >&2; exit $code;; esac;',
  `else exit ${noTool}; fi`,
)

/** Tries from the host. @throws Unseen when the host does not say how it went */
export async function connectFromHost(place: CheckPlace, { address, port, timeoutMs }: Target): Promise<Tried> {
  const seconds = Math.max(1, Math.ceil(timeoutMs / 1000))
  const command = scriptCommand(script, [address, String(port), String(seconds)])
  const output = await runToEnd(place, command, { does: `connect to port ${port}`, timeoutMs: timeoutMs + lookMs })
  if (scriptOutput(output) === undefined) throw new Unseen(`could not connect to port ${port}: the host does not run commands`)
  const words = lastWords(output)
  if (output.code === 0) return { outcome: 'open', message: '' }
  if (output.code === noTool) return { outcome: 'no tool', message: '' }
  if (tooLate.includes(output.code)) return { outcome: 'closed', message: `nothing within ${seconds} s` }
  const reason = /[Cc]onnection refused|[Nn]o route to host|[Nn]etwork is unreachable|timed out/.exec(words)?.[0]
  return reason
    ? { outcome: 'closed', message: reason.toLowerCase() }
    : { outcome: 'unknown', message: words || `status ${output.code}` }
}
