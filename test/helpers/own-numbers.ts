/** Workers of `bun test --parallel` that are told apart; one outside of it is the first. */
const lanes = 16

/** Numbers below `end`, one after the other and round again: those of one worker of `bun test --parallel` are never those of another. */
export function ownNumbers(end: number): (count?: number) => number {
  const perLane = Math.floor(end / lanes)
  const first = (Number(process.env['BUN_TEST_WORKER_ID'] ?? 0) % lanes) * perLane
  // Somebody else may run tests here, too.
  let next = Math.floor(Math.random() * perLane)
  return (count = 1) => {
    if (next + count > perLane) next = 0
    const number = first + next
    next += count
    return number
  }
}
