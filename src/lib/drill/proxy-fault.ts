import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { sleep } from '../core/clock.ts'
import { durationField } from '../core/fields.ts'
import type { Json } from '../core/json.ts'
import { StepError, type StepKind, type StepPlace } from '../core/plan.ts'
import { loneScript, runScript } from '../plan/steps/on-host.ts'
import { hostScript } from '../transport/host-script.ts'
import { missingOn } from './host-needs.ts'
import { listProcesses } from './host-process.ts'
import { markOf, stopMarked } from './marked-process.ts'
import { ownPath } from './own-path.ts'
import { proxyScript } from './proxy-script.ts'
import { flushSet, listTable, loadTable, removeTable } from './table-scripts.ts'

/** Parameters that every fault by a proxy has. */
export const proxyFields = {
  port: z.int().min(1).max(65_535).describe('TCP port of the service on the host'),
  lasts: durationField().prefault('10m').describe('after so long the kernel ends it by itself, whatever becomes of the drill'),
}

interface ProxyFault {
  readonly type: 'latency' | 'http-error'
  readonly port: number
  /** Milliseconds. */
  readonly lasts: number
  /** One line: what becomes of connections. */
  readonly what: string
  /** For the proxy, see its script. */
  readonly mode: readonly [mode: 'delay' | 'status', first: number, second: number]
}

const Before = z.object({ table: z.string().regex(/^opsctl_[0-9a-f]+$/), token: z.string(), proxyPort: z.number() })
type Before = z.output<typeof Before>

/** Prints the local ports of all sockets that listen. */
const listening = hostScript(
  'look who listens',
  'cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | while read -r number local remote state rest; do',
  'if [ "$state" = 0A ]; then echo "$((0x${local##*:}))"; fi; done',
)

/** Starts the proxy $1, a script for python3, with the other arguments. */
const start = hostScript(
  'start the proxy',
  'script=$1; shift; if command -v setsid >/dev/null; then apart=setsid; else apart=nohup; fi;',
  '(exec $apart python3 -c "$script" "$@" </dev/null >/dev/null 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-) &',
)

/** Opens a connection to port $1, as a client on the host would. */
const knock = hostScript(
  'knock at the service',
  'python3 -c "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 2).close()" 127.0.0.1 "$1" 2>/dev/null; :',
)

/** The proxy is there for so much longer than connections are sent to it. */
const restMs = 30_000
/** On a busy machine an interpreter takes its time to start. */
const startMs = 15_000

/**
 * A proxy on the host, which nftables puts before a service: connections of others and of the host itself. Nothing is installed. The redirect
 * expires in the kernel before the proxy ends by itself.
 */
export function proxyFault({ type, port, lasts, what, mode }: ProxyFault): StepKind {
  const tableArgs = (before: Json) => ({ args: [Before.parse(before).table] })
  const setArgs = (before: Json) => ({ args: [Before.parse(before).table, 'service'] })
  const stopArgs = (before: Json) => ({ args: ['proxy', Before.parse(before).token] })
  const isUp = async (place: StepPlace, { token }: Before): Promise<boolean> =>
    (await listProcesses(place)).all.some(({ args }) => args.includes(markOf('proxy', token)))
  return {
    describe: () => `${what} on port ${port}`,
    needs: place => missingOn(place, type),
    async capture(place) {
      if ((await ownPath(place))?.port === port) throw new StepError(`opsctl itself comes by port ${port}`)
      const ports = await listeners(place)
      if (!ports.has(port)) throw new StepError(`nothing listens on port ${port}`)
      const token = randomBytes(6).toString('hex')
      return { table: `opsctl_${token}`, token, proxyPort: freePort(ports) }
    },
    needed: () => true,
    diff: before => redirect(Before.parse(before), { port, lasts }),
    async do(place, before) {
      const parsed = Before.parse(before)
      const { token, proxyPort } = parsed
      const seconds = Math.ceil((lasts + restMs) / 1000)
      const words = [markOf('proxy', token), proxyPort, markNumber(token), seconds, ...mode].map(String)
      await runScript(place, start, { args: [proxyScript, ...words] })
      const until = place.clock.monotonic() + startMs
      while (!(await listeners(place)).has(proxyPort)) {
        if (place.clock.monotonic() > until) throw new StepError('the proxy did not start')
        await sleep(place.clock, 50, place.signal)
      }
      await runScript(place, loadTable, { args: [], stdin: Buffer.from(redirect(parsed, { port, lasts })) })
    },
    async verify(place, before) {
      const parsed = Before.parse(before)
      if (!(await isUp(place, parsed))) throw new StepError('the proxy does not run')
      await runScript(place, knock, { args: [String(port)] })
      const table = (await runScript(place, listTable, tableArgs(before))).toString()
      if (!table.includes('elements = {')) throw new StepError('the kernel has ended it by itself')
      if (!/counter packets [1-9]/.test(table)) throw new StepError(`connections to port ${port} do not come to the proxy`)
    },
    // New connections go past the proxy; then it ends, and those that went through it are told so: without the table nobody would translate that.
    async undo(place, before) {
      await runScript(place, flushSet, setArgs(before))
      await runScript(place, stopMarked, stopArgs(before))
      await runScript(place, removeTable, tableArgs(before))
    },
    async verifyUndone(place, before) {
      if ((await runScript(place, listTable, tableArgs(before))).length > 0) throw new StepError('its table is still there')
      if (await isUp(place, Before.parse(before))) throw new StepError('the proxy still runs')
    },
    undoAlone: before => [
      loneScript(flushSet, setArgs(before)),
      loneScript(stopMarked, stopArgs(before)),
      loneScript(removeTable, tableArgs(before)),
    ],
  }
}

async function listeners(place: StepPlace): Promise<ReadonlySet<number>> {
  return new Set((await runScript(place, listening, { args: [] })).toString().split('\n').filter(Boolean).map(Number))
}

/** Below those that the kernel gives to clients. */
function freePort(taken: ReadonlySet<number>): number {
  const [first, count] = [20_000, 10_000]
  const start = randomBytes(2).readUInt16BE() % count
  for (let step = 0; step < count; step++) {
    const port = first + ((start + step) % count)
    if (!taken.has(port)) return port
  }
  throw new StepError('the host has no free port')
}

/** Of the proxy's own packets; no other run has it. */
const markNumber = (token: string): number => Number.parseInt(token.slice(0, 7), 16) + 1

function redirect({ table, token, proxyPort }: Before, { port, lasts }: Pick<ProxyFault, 'port' | 'lasts'>): string {
  const chain = (hook: 'prerouting' | 'output'): string => `  chain ${hook} {
    type nat hook ${hook} priority -110; policy accept;
    meta mark ${markNumber(token)} accept
    fib daddr type local tcp dport @service counter redirect to :${proxyPort}
  }
`
  const set = `  set service { type inet_service; flags timeout; elements = { ${port} timeout ${Math.ceil(lasts / 1000)}s } }\n`
  return `table inet ${table} {\n${set}${chain('prerouting')}${chain('output')}}\n`
}
