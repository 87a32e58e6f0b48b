/**
 * What several generators give, as it comes, each in its order. None of them is asked for more before what it gave was taken and the next was
 * asked for, so that what is good until then stays good.
 */
export async function* merged<T>(generators: readonly AsyncGenerator<T>[]): AsyncGenerator<T> {
  const ready: { readonly value: T; readonly release: () => void }[] = []
  const failures: unknown[] = []
  let running = generators.length
  let wake = (): void => {}
  const pump = async (generator: AsyncGenerator<T>): Promise<void> => {
    try {
      for await (const value of generator) {
        await new Promise<void>(release => {
          ready.push({ value, release })
          wake()
        })
      }
    } catch (error) {
      failures.push(error)
    } finally {
      running--
      wake()
    }
  }
  const pumps = generators.map(pump)
  try {
    for (;;) {
      const next = ready.shift()
      if (next !== undefined) {
        yield next.value
        next.release()
      } else if (running === 0 || failures.length > 0) break
      else
        await new Promise<void>(resolve => {
          wake = resolve
        })
    }
  } finally {
    // Whoever waits to be taken ends by its return.
    for (const generator of generators) void generator.return(undefined).catch(() => {})
    for (const { release } of ready) release()
  }
  await Promise.all(pumps)
  if (failures.length > 0) throw failures[0]
}
