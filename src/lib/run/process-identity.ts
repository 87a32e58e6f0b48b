import { readFileSync } from 'node:fs'
import { errnoOf } from '../core/errno.ts'

/** A process, told apart from a later one that got the same number. */
export interface ProcessIdentity {
  readonly pid: number
  /** When it started: boot id and clock ticks since boot on Linux; empty where the system does not tell. */
  readonly start: string
}

export function ownIdentity(): ProcessIdentity {
  const found = look(process.pid)
  return { pid: process.pid, start: found === 'hidden' || found === 'gone' ? '' : found }
}

/** True unless the process has certainly ended. A zombie has ended: it holds nothing any more, it only waits to be reaped. */
export function isAlive({ pid, start }: ProcessIdentity): boolean {
  const found = look(pid)
  if (found === 'gone') return false
  if (found === 'hidden' || start === '') return accepts(pid)
  return found === start
}

/** The start of a running process; `hidden` where /proc does not show it (macOS, hidepid). */
function look(pid: number): string | 'gone' | 'hidden' {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // proc(5): the name in brackets may hold anything; state is field 3 and starttime field 22.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? 'gone' : `${boot.trim()}:${fields[19]}`
  } catch (error) {
    return errnoOf(error) === 'ESRCH' ? 'gone' : 'hidden'
  }
}

/** Whether a signal could be sent: a process of another user refuses it and is alive all the same. */
function accepts(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return errnoOf(error) === 'EPERM'
  }
}
