/** Asks every 10 ms until the answer is neither undefined nor false; fails with `what` after `deadlineMs`. */
export async function poll<T>(
  what: string,
  deadlineMs: number,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const end = performance.now() + deadlineMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    if (performance.now() > end) throw new Error(`not within ${deadlineMs} ms: ${what}`)
    await Bun.sleep(10)
  }
}
