import type { Found, Reading } from '../../core/check.ts'
import { type HostProcess, processesIn, processesReading } from '../checks/process-list.ts'

/**
 * Prints `/proc/PID/fd:`, and below it the sockets of that process that listen. Those of other users are seen by root alone. Only what
 * listens is printed: a busy server has hundreds of thousands of other files.
 */
const socketsReading: Reading = {
  does: 'see which processes listen',
  script:
    'set -f; set -- $(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep " 0A " | ' +
    'while read -r slot here there state queues timer again uid timeout inode rest; do echo "-e socket:[$inode]"; done); ' +
    'set +f; [ $# = 0 ] || limit 5 ls -ln /proc/[0-9]*/fd 2>/dev/null | grep -F -e /proc/ "$@"; :',
}

export const ownerReadings: readonly Reading[] = [socketsReading, processesReading]

interface Owner {
  readonly pid: number
  readonly program: string
}

/** Who listens, by the number of the socket: the oldest process, whose children may have it too. @throws Unseen */
export function ownersIn(found: Found): ReadonlyMap<number, Owner> {
  const processes = new Map(processesIn(found).map(process => [process.pid, process]))
  const owners = new Map<number, Owner>()
  let pid = 0
  for (const line of found(socketsReading).stdout.toString().split('\n')) {
    pid = Number(/^\/proc\/(\d+)\/fd:$/.exec(line)?.[1] ?? pid)
    const inode = Number(/ -> socket:\[(\d+)\]$/.exec(line)?.[1])
    const process = processes.get(pid)
    const known = owners.get(inode)
    if (process && !Number.isNaN(inode) && (known === undefined || pid < known.pid)) {
      owners.set(inode, { pid, program: programOf(process) })
    }
  }
  return owners
}

/** As people know it: of a title such as `sshd: listener` the first word, else the name of the file. */
export function programOf({ command, args }: HostProcess): string {
  const first = args.split(' ', 1)[0]?.replace(/:$/, '').split('/').at(-1) ?? ''
  // A program that changed its title into something else is known by what the kernel calls it.
  return first !== '' && first.startsWith(command) ? first : command
}
