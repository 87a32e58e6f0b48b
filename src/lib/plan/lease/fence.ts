import { StepError, type StepPlace } from '../../core/plan.ts'
import type { Command, Output } from '../../core/transport.ts'
import type { LeaseHandle } from './lease-handle.ts'
import { guardedFunction } from './lease-scripts.ts'

/** How a lease that is not held stands: fired or released, without its guard, or forgotten by the host. */
export type LeaseEnd = 'over' | 'unguarded' | 'gone'

/** A step that was not begun because its lease does not hold any more. */
export class LeaseError extends StepError {
  readonly how: LeaseEnd

  constructor(how: LeaseEnd) {
    super(`the lease ${leaseWords[how]}`)
    this.how = how
  }
}

const leaseWords: Readonly<Record<LeaseEnd, string>> = {
  over: 'on this host is over: it has taken the change back by itself',
  unguarded: 'on this host has lost its guard: nothing would take the change back',
  gone: 'is gone from this host: it was restarted, or somebody removed it',
}

/** What a fence says in place of the command, at the end of stdout, and how it ends (EX_TEMPFAIL of sysexits.h). */
const refusalStatus = 75
const refusal = (how: string, { directory }: LeaseHandle): string => `\0opsctl-lease\0${how}\0${directory}\0`

/**
 * Marks itself as busy, then looks whether the lease $1 is held, then runs the command: the guard ends the lease, then looks for marks. So
 * one of both always sees the other. One line for any login shell, as host scripts are; it prints nothing, and leaves stdin alone, while
 * the command may run.
 */
const fenceScript = [
  'lease=$1; shift;',
  guardedFunction,
  'refuse() { rm -f -- "$mark" 2>/dev/null; printf "\\0opsctl-lease\\0%s\\0%s\\0" "$1" "$lease"; exit 75; };',
  'read -r line </proc/$$/stat && facts ${line##*) }; mark=$lease/busy/$$.$born.$group;',
  // A missing directory is told by what is known of the lease; true, since a failed redirection of a special builtin ends a shell.
  'true 2>/dev/null >"$mark" || if [ -e "$lease/held" ]; then echo "could not mark $lease as busy" >&2; exit 1; fi;',
  'if [ -e "$lease/held" ]; then guarded 2>/dev/null || refuse unguarded; elif [ -d "$lease" ]; then refuse over; else refuse gone; fi;',
  '(exec "$@"); status=$?; rm -f -- "$mark"; exit $status',
].join(' ')

/**
 * The command, run only while the lease is held: its guard never takes back while it runs. A command that was sent, held up, and arrives
 * after the host took the change back does nothing. Status and streams are its own; one that dies of a signal ends with 128 and its number.
 */
export function fenced(command: Command, { directory }: LeaseHandle): Command {
  const argv = 'argv' in command ? command.argv : ['sh', '-c', command.shell]
  return { argv: ['sh', '-c', fenceScript, 'sh', directory, ...argv] }
}

/** How the lease stood that let a fenced command not begin; undefined when the command ran. */
export function leaseRefusal(output: Pick<Output, 'code' | 'stdout'>, lease: LeaseHandle): LeaseEnd | undefined {
  if (output.code !== refusalStatus) return undefined
  const end = Buffer.from(output.stdout).toString()
  return (['over', 'unguarded', 'gone'] as const).find(how => end.endsWith(refusal(how, lease)))
}

/** The same place, where every command is fenced. @throws LeaseError from its `run` */
export function fencedPlace(place: StepPlace, lease: LeaseHandle): StepPlace {
  return {
    ...place,
    async run(command, options) {
      const output = await place.run(fenced(command, lease), options)
      const how = leaseRefusal(output, lease)
      if (how) throw new LeaseError(how)
      return output
    },
  }
}
