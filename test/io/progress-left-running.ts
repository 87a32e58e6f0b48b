// Shows progress for three hosts and never stops it.
import { writeSync } from 'node:fs'
import { plainStyle } from '../../src/lib/io/plain-style.ts'
import { makeProgress } from '../../src/lib/io/progress.ts'
import { systemClock } from '../../src/lib/io/system-clock.ts'

const write = async (data: string | Uint8Array): Promise<void> => void writeSync(1, data.toString())
const port = { isTerminal: process.argv[2] === 'terminal', columns: 80, style: plainStyle, write }
const progress = await makeProgress({ port, clock: systemClock, enabled: true })
progress.update({ total: 3, done: 0, failed: 0, running: 3 })
