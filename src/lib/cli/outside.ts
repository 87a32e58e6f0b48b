import type { Clock } from '../core/clock.ts'
import type { Program } from '../core/command.ts'
import type { Io } from '../core/io.ts'
import type { ColorSituation } from '../io/wants-color.ts'
import type { SignalSource } from './signals.ts'

/** What a process gets from the world before anything is parsed. src/main.ts makes the real one, tests make theirs. */
export interface Outside {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly home: string | undefined
  readonly uid: number
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
  readonly program: Program
  /** Directly: each text is written before anything else happens, which suits one answer and no run. */
  io(color: ColorSituation['flag'], directly?: 'directly'): Promise<Io>
  readonly signals: SignalSource
  /** Frees memory that nothing uses any more; does nothing where the runtime can not be asked. */
  collectGarbage(): void
  /** See Context. */
  readonly passed?: (point: string) => void
  /** Ends the process at once with this code. */
  stopHard(exit: number): void
}
