/** Sorts by time, to the millisecond, and is short enough to type: 20261122T031500.123-7f3a. */
export function newRunId(epochMs: number, random: () => number): string {
  // Here and at other places that every start passes, a pattern would have to be compiled, for 0.03 ms each.
  const stamp = new Date(epochMs).toISOString().replaceAll('-', '').replaceAll(':', '').replace('Z', '')
  const tail = Math.floor(random() * 0x10000)
    .toString(16)
    .padStart(4, '0')
  return `${stamp}-${tail}`
}

const form = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d\.\d{3})-\w+$/

/** When the run with this id began, milliseconds since the epoch; undefined for what is no id of a run. */
export function startOfRun(runId: string): number | undefined {
  const [, year, month, day, hour, minute, second] = form.exec(runId) ?? []
  const epochMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  return Number.isNaN(epochMs) ? undefined : epochMs
}
