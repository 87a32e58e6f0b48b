import type { Check, CheckPlace, CheckResult, Found } from '../../core/check.ts'
import type { Context } from '../../core/context.ts'
import { Unseen } from '../checks/look.ts'
import { readAll } from '../readings.ts'
import { daemons } from './daemons.ts'
import { kernelSettings } from './kernel-settings.ts'
import { type Learned, type Learnt, type Lesson, nameOf } from './lesson.ts'
import { machine } from './machine.ts'
import { mounts } from './mounts.ts'
import { ports } from './ports.ts'
import { services } from './services.ts'
import { users } from './users.ts'

/** In the order of the file. */
export const lessons: readonly Lesson[] = [ports, services, daemons, mounts, users, kernelSettings, machine]

/** What one host showed: checks that hold of it now, each with the heading under which it stands. */
export interface LearnedHost {
  readonly checks: readonly (Learned & { readonly title: string })[]
  readonly leftOut: readonly string[]
}

/**
 * Reads the host once, then makes every check that follows from it once, so that none is written that would not pass.
 * @throws TransportError
 */
export async function learnHost(context: Pick<Context, 'component'>, place: CheckPlace): Promise<LearnedHost> {
  const found = await readAll(
    place,
    lessons.flatMap(({ readings }) => readings),
  )
  const learnt = lessons.map(lesson => ({ title: lesson.title, ...taught(lesson, found) }))
  const checks = learnt.flatMap(({ title, checks }) => checks.map(check => ({ ...check, title })))
  const results = await tried(context, place, checks)
  const judged = checks.map((check, index) => ({ check, result: results[index] }))
  return {
    checks: judged.flatMap(({ check, result }) => (holds(result) ? [{ ...check, why: withWarning(check, result) }] : [])),
    leftOut: [
      ...learnt.flatMap(({ leftOut }) => leftOut),
      ...judged.flatMap(({ check, result }) =>
        holds(result) || result?.verdict === 'na' ? [] : [`${nameOf(check)}: ${result?.message}`],
      ),
    ],
  }
}

/** What can not be read teaches nothing. */
function taught(lesson: Lesson, found: Found): Learnt {
  try {
    return lesson.learn(found)
  } catch (error) {
    if (!(error instanceof Unseen)) throw error
    return { checks: [], leftOut: [`${lesson.title}: ${error.message}`] }
  }
}

/** What does not apply to the host is not written; a warning is its own business. */
const holds = (result: CheckResult | undefined): boolean => result?.verdict === 'pass' || result?.verdict === 'warn'

const withWarning = ({ why }: Learned, result: CheckResult | undefined): string =>
  result?.verdict === 'warn' ? `${why}; a warning now: ${result.message}` : why

async function tried(context: Pick<Context, 'component'>, place: CheckPlace, checks: readonly Learned[]): Promise<CheckResult[]> {
  const built: Check[] = await Promise.all(
    checks.map(async ({ type, params }) => (await context.component('check', type)).build({ ...params })),
  )
  const found = await readAll(
    place,
    built.flatMap(({ host }) => host?.readings ?? []),
  )
  return Promise.all(built.map(check => check.host?.judge(found, place) ?? check.run(place)))
}
