/** Time that all processors together spent, in ticks of the kernel since the start; fields of old kernels that are missing are 0. */
export interface CpuTimes {
  readonly user: number
  readonly nice: number
  readonly system: number
  readonly idle: number
  readonly iowait: number
  readonly irq: number
  readonly softirq: number
  readonly steal: number
}

/** The line `cpu` of /proc/stat (proc(5)). Time of guests is part of user and nice already. */
export function cpuTimes(text: string): CpuTimes | undefined {
  const fields = /^cpu\s+(.*)$/m.exec(text)?.[1]?.trim().split(/\s+/).map(Number)
  if (fields === undefined || fields.length < 4 || fields.some(Number.isNaN)) return undefined
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = fields
  return { user, nice, system, idle, iowait, irq, softirq, steal }
}

/** How many processors there are. */
export const cpuCount = (text: string): number => text.match(/^cpu\d+\s/gm)?.length ?? 0

/** Shares of the time between two moments, percent. */
export interface CpuModes {
  /** Neither idle nor waiting for I/O. */
  readonly busy: number
  readonly user: number
  readonly system: number
  readonly iowait: number
  readonly steal: number
}

/** Undefined when no time passed. A counter that goes back, as idle and iowait of some kernels do, counts as standing still. */
export function modesBetween(before: CpuTimes, after: CpuTimes): CpuModes | undefined {
  const passed = (field: keyof CpuTimes): number => Math.max(0, after[field] - before[field])
  const user = passed('user') + passed('nice')
  const system = passed('system') + passed('irq') + passed('softirq')
  const [idle, iowait, steal] = [passed('idle'), passed('iowait'), passed('steal')]
  const total = user + system + idle + iowait + steal
  if (total === 0) return undefined
  const percent = (ticks: number): number => (100 * ticks) / total
  return {
    busy: percent(total - idle - iowait),
    user: percent(user),
    system: percent(system),
    iowait: percent(iowait),
    steal: percent(steal),
  }
}
