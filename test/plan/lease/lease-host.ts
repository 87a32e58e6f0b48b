import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LoneCommand, StepPlace } from '../../../src/lib/core/plan.ts'
import { type LeaseHandle, releaseLease } from '../../../src/lib/plan/lease/index.ts'
import type { NeedName } from '../../helpers/needs.ts'
import { poll } from '../../helpers/poll.ts'

const tools = 'cat mv rm mkdir chmod dd wc id sync tail sleep setsid nice touch kill'.split(' ')

/** Shells and tools that a lease must work with. */
export const leaseToolboxes: readonly {
  readonly name: string
  readonly needs: readonly NeedName[]
  readonly tools: readonly (readonly [string, string])[]
}[] = [
  { name: 'GNU tools and dash', needs: ['dash'], tools: [['sh', 'dash'], ...tools.map(tool => [tool, tool] as const)] },
  { name: 'GNU tools and bash', needs: ['bash'], tools: [['sh', 'bash'], ...tools.map(tool => [tool, tool] as const)] },
  { name: 'busybox alone', needs: ['busybox'], tools: ['sh', ...tools].map(tool => [tool, 'busybox'] as const) },
]

/** A command of a way back: a line for sh. */
export const lone = (line: string, stdin?: Uint8Array): LoneCommand => ({
  does: `run ${line}`,
  argv: ['sh', '-c', line],
  ...(stdin && { stdin }),
})

export interface Guard {
  readonly pid: number
  isAlive(): boolean
}

/** The guard of a lease on this machine. */
export function guardOf({ directory }: LeaseHandle): Guard {
  const pid = Number(readFileSync(join(directory, 'running'), 'utf8').split(' ')[0])
  return { pid, isAlive: () => stateOf(pid) !== undefined }
}

/** R, S, T … of a process that is no zombie. */
export function stateOf(pid: number): string | undefined {
  try {
    const state = /\) (.)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]
    return state === 'Z' || state === 'X' ? undefined : state
  } catch {
    return undefined
  }
}

/** Waits until the guard has begun and finished. */
export async function hasFired(lease: LeaseHandle, deadlineMs = 30_000): Promise<void> {
  await poll('the guard is done', deadlineMs, () => existsSync(join(lease.directory, 'ended')) || !existsSync(lease.directory))
}

export const isHeld = ({ directory }: LeaseHandle): boolean => existsSync(join(directory, 'held'))

/** What the guard noted, with all names in its directory: for the message of a test that fails. */
export function trace({ directory }: LeaseHandle): string {
  if (!existsSync(directory)) return 'gone'
  return [
    ...readdirSync(directory, { recursive: true }),
    readFileSync(join(directory, 'log'), { encoding: 'utf8', flag: 'a+' }),
  ].join('\n')
}

/** A lease that ends with the block, whatever came of it. */
export function endingWith(place: StepPlace, lease: LeaseHandle): AsyncDisposable {
  return { [Symbol.asyncDispose]: async () => void (await releaseLease(place, lease, { waitMs: 30_000 })) }
}
