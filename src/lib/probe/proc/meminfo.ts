/** Figures of /proc/meminfo by name, bytes (proc(5)). */
export function meminfo(text: string): ReadonlyMap<string, number> {
  const lines = text.matchAll(/^([^:\s]+):\s+(\d+)(?: (kB))?\s*$/gm)
  return new Map([...lines].map(([, name = '', count, unit]) => [name, Number(count) * (unit ? 1024 : 1)]))
}

/** What programs can still get without swapping, bytes; an estimate where the kernel is older than 3.14 and does not tell. */
export function availableMemory(info: ReadonlyMap<string, number>): number | undefined {
  const told = info.get('MemAvailable')
  const free = info.get('MemFree')
  if (told !== undefined || free === undefined) return told
  const part = (name: string): number => info.get(name) ?? 0
  return Math.max(0, free + part('Buffers') + part('Cached') + part('SReclaimable') - part('Shmem'))
}
