import type { ProbedCheck } from './probed-check.ts'

/** Checks in the order of what they depend on: each level needs those before it only. Checks of a circle are in no level. */
export function levelsOf(checks: readonly ProbedCheck[]): ProbedCheck[][] {
  const levels: ProbedCheck[][] = []
  const placed = new Set<string>()
  for (let rest = [...checks]; rest.length > 0; ) {
    const next = rest.filter(({ dependsOn }) => dependsOn.every(name => placed.has(name)))
    if (next.length === 0) return levels
    for (const { name } of next) placed.add(name)
    levels.push(next)
    rest = rest.filter(({ name }) => !placed.has(name))
  }
  return levels
}

/** A circle among what checks depend on, as their names in order; undefined when there is none. */
export function circleOf(checks: readonly Pick<ProbedCheck, 'name' | 'dependsOn'>[]): readonly string[] | undefined {
  const byName = new Map(checks.map(check => [check.name, check]))
  const done = new Set<string>()
  const visit = (name: string, above: readonly string[]): readonly string[] | undefined => {
    if (above.includes(name)) return [...above.slice(above.indexOf(name)), name]
    if (done.has(name)) return undefined
    for (const parent of byName.get(name)?.dependsOn ?? []) {
      const circle = visit(parent, [...above, name])
      if (circle) return circle
    }
    done.add(name)
    return undefined
  }
  for (const { name } of checks) {
    const circle = visit(name, [])
    if (circle) return circle
  }
  return undefined
}
