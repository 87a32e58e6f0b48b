import type { Found } from '../../core/check.ts'
import { listenersIn, listenersReading } from '../checks/listeners.ts'
import { fileReading } from '../file-reading.ts'
import { isLoopback, type Listener } from '../proc/sockets.ts'
import type { Learned, Lesson } from './lesson.ts'
import { ownerReadings, ownersIn } from './socket-owners.ts'

/** From which the kernel gives ports to programs that ask for any. */
const rangeReading = fileReading('/proc/sys/net/ipv4/ip_local_port_range')

/** TCP ports that somebody listens on. */
export const ports: Lesson = {
  title: 'TCP ports',
  readings: [listenersReading, rangeReading, ...ownerReadings],
  learn(found) {
    const [from, to] = rangeIn(found)
    const all = portsIn(found)
    const isPassing = ({ port }: OpenPort): boolean => port >= from && port <= to
    const lasting = all.filter(port => !isPassing(port))
    const open = lasting.filter(({ local }) => !local).map(({ port }) => port)
    return {
      checks: [...lasting.map(portCheck), noOthers(open, `${from}-${to}`)],
      leftOut: all
        .filter(isPassing)
        .map(
          ({ port, program }) =>
            `port ${port}${program ? ` of ${program}` : ''}: one of those that the kernel gives out (${from}-${to})`,
        ),
    }
  },
}

const portCheck = ({ port, local, program, address }: OpenPort): Learned => ({
  type: 'port',
  params: { port },
  why: `${program ?? 'a process that could not be seen'} listens${local ? ', on loopback only' : ''}`,
  reach: { address, port },
})

const noOthers = (open: readonly number[], range: string): Learned => ({
  type: 'listening',
  name: 'no other ports',
  params: { allowed: [...open, range] },
  why: `no other port is open to other machines; of ${range} the kernel gives some to programs that ask for any`,
  sla: 'P2',
})

/** A port with all that listens on it. */
export interface OpenPort {
  readonly port: number
  /** Reached from the host itself only. */
  readonly local: boolean
  /** Where it can be reached from the host itself. */
  readonly address: string
  /** Of the first process; absent where it can not be seen. */
  readonly program?: string
}

/** In the order of their numbers. @throws Unseen */
export function portsIn(found: Found): OpenPort[] {
  const owners = ownersIn(found)
  const byPort = Map.groupBy(listenersIn(found), ({ port }) => port)
  return [...byPort]
    .sort(([one], [other]) => one - other)
    .map(([port, listeners]) => {
      const program = listeners.flatMap(({ inode }) => owners.get(inode)?.program ?? []).at(0)
      return {
        port,
        local: listeners.every(isLoopback),
        address: reachable(listeners),
        ...(program !== undefined && { program }),
      }
    })
}

/** IPv4 first, as the tables come. */
function reachable([first]: readonly Listener[]): string {
  const address = first?.address ?? ''
  if (address === '0.0.0.0' || address === '::') return '127.0.0.1'
  return address.replace(/^::ffff:/, '')
}

function rangeIn(found: Found): readonly [number, number] {
  const [from = Number.NaN, to = Number.NaN] = found(rangeReading).stdout.toString().trim().split(/\s+/).map(Number)
  return from > 0 && to > from ? [from, to] : [32_768, 60_999]
}
