import type { Clock } from '../core/clock.ts'
import type { OutputPort, Progress } from '../core/io.ts'
import { PlainProgress } from './plain-progress.ts'

export interface ProgressOptions {
  /** Where people read: stderr. */
  readonly port: OutputPort
  readonly clock: Clock
  /** False for --quiet and for commands that show none. */
  readonly enabled: boolean
  /** A terminal on which nothing can be drawn: TERM=dumb. */
  readonly dumb?: boolean
}

/** How far a run is: a line that is drawn anew on a terminal, rare plain lines elsewhere. Nothing of it keeps the process alive. */
export async function makeProgress(options: ProgressOptions): Promise<Progress> {
  if (!options.enabled) return noProgress
  if (!options.port.isTerminal || options.dumb) return new PlainProgress(options)
  return new (await import('./drawn-progress.ts')).DrawnProgress(options)
}

const noProgress: Progress = {
  update: () => undefined,
  around: write => write(),
  stop: () => undefined,
}
