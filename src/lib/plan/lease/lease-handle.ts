import { StepError } from '../../core/plan.ts'

// A lease is a private directory on the host and a shell that watches it, the guard (guard.ts). The files in it:
//
//   held                  there as long as the lease lasts. One rename decides how it ends:
//   fired, ended          by the guard: it takes back what was done; it is done with that
//   released              by opsctl: everything stands as it is
//   deadline              boot clock in hundredths of a second, twice in one line: written in place, so a reader may see half of it
//   running               `PID START GROUP` of the guard
//   terms                 what the guard must know: how to wait and for how long, and what it must not hand on to what it runs
//   way/step-N, after-N   the way back of a step, what comes after all of them; renamed to done-… or failed-… (with the last words)
//   parts/                stdin of the commands of the way back
//   busy/PID.START.GROUP  a command of opsctl that runs now (fence.ts)
//   guard, log, said, spare

/** A lease on a host, as data: a journal keeps it, and another process goes on with it. */
export interface LeaseHandle {
  /** Absolute, on the host. */
  readonly directory: string
}

/** The lease of a directory that was noted. @throws StepError for what was never one: it will be removed on a host */
export function leaseAt(directory: string): LeaseHandle {
  if (/^(\/[^\0\n]+)?\/opsctl(-\d+)?\/lease-[A-Za-z0-9_-]+$/.test(directory) && !directory.split('/').includes('..'))
    return { directory }
  throw new StepError(`'${directory}' is not the directory of a lease`)
}
