import { counter, type Family, gauge, one } from './family.ts'

export interface ProcessFigures {
  readonly cpuSeconds: number
  readonly residentBytes: number
  /** Milliseconds since 1970. */
  readonly startedAt: number
}

/** This process, under the names that every exporter has for it. */
export const processFamilies = ({ cpuSeconds, residentBytes, startedAt }: ProcessFigures): Family[] => [
  counter('process_cpu_seconds', 'Processor time of this process.', one(cpuSeconds)),
  gauge('process_resident_memory_bytes', 'Resident memory of this process.', one(residentBytes)),
  gauge('process_start_time_seconds', 'When this process began.', one(startedAt / 1000)),
]

/** The figures of this process now. */
export function ownProcess(startedAt: number): ProcessFigures {
  const { user, system } = process.cpuUsage()
  return { cpuSeconds: (user + system) / 1e6, residentBytes: process.memoryUsage.rss(), startedAt }
}
