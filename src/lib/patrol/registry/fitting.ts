import { toOpsError } from '../../core/errors.ts'
import { refuseDoubles, refuseWrongParents } from '../../probe/index.ts'
import type { SourcedCheck } from './read-checks.ts'

/** Checks that can be watched together, and what keeps others from being among them, by name. */
export interface Fitting {
  readonly checks: readonly SourcedCheck[]
  readonly problems: ReadonlyMap<string, string>
}

/** To find out costs as much as to judge all. */
const mostExplained = 20

/** All of these together. @throws OpsError E_PLAN for two of one name, and for parents that are not there */
export function refuseWrong(checks: readonly SourcedCheck[]): void {
  const asked = checks.map(({ check }) => check)
  refuseDoubles(asked)
  refuseWrongParents(asked)
}

/** All that must be there, with those of the others that can be. @throws OpsError E_PLAN where it is not the others that are wrong */
export function fitting(must: readonly SourcedCheck[], others: readonly SourcedCheck[]): Fitting {
  const all = [...must, ...others]
  const isWrong = problemOf(all) !== undefined
  const checks = isWrong ? reachable(all) : all
  const names = new Set(checks.map(({ check }) => check.name))
  refuseWrong([...must, ...checks.filter(each => !must.includes(each))])
  const left = others.filter(each => !checks.includes(each))
  const problems = left.map((each, index) => {
    // A double beside what fits; else a parent that is missing also when all the others are there, or a circle of them.
    const beside = names.has(each.check.name) ? [each] : left.filter(other => !names.has(other.check.name))
    const problem = index < mostExplained ? problemOf([...checks, ...beside.filter(other => other !== each), each]) : undefined
    return [each.check.name, problem ?? 'it does not fit the others'] as const
  })
  return { checks, problems: new Map(problems) }
}

/** The first of each name whose parents are there too: level by level, so that a circle is never reached. */
function reachable(all: readonly SourcedCheck[]): SourcedCheck[] {
  const found = new Map<string, SourcedCheck>()
  for (let before = -1; before !== found.size; ) {
    before = found.size
    for (const each of all) {
      const { name, dependsOn } = each.check
      if (!found.has(name) && dependsOn.every(parent => found.has(parent))) found.set(name, each)
    }
  }
  return all.filter(each => found.get(each.check.name) === each)
}

function problemOf(checks: readonly SourcedCheck[]): string | undefined {
  try {
    refuseWrong(checks)
    return undefined
  } catch (error) {
    return toOpsError(error).message
  }
}
