import type { JournalPoint } from '../../src/lib/journal/group-commit.ts'
import { openJournal } from './open-journal.ts'

/**
 * A writer that lives until it is killed, from outside or by itself at a named point. It prints `ack SEQUENCE` once a sync has
 * acknowledged everything up to there. Record N holds `N:` and a filling that depends on N.
 */
const [directory = '', point, countText, reserve] = process.argv.slice(2)
let left = Number(countText)
const onPoint = (reached: JournalPoint): void => {
  if (reached === point && left-- === 0) process.kill(process.pid, 'SIGKILL')
}

const journal = await openJournal(directory, { segmentBytes: 8192, preallocateBytes: Number(reserve), onPoint })
process.stdout.write(`open ${journal.next}\n`)
for (;;) {
  const batch = 1 + (journal.next % 7)
  let last = 0
  for (let index = 0; index < batch; index++) last = journal.append(last % 256, Buffer.from(recordText(journal.next)))
  if (last % 3 === 0) await journal.flush()
  await journal.sync()
  process.stdout.write(`ack ${last}\n`)
}

function recordText(sequence: number): string {
  return `${sequence}:${'x'.repeat((sequence * 37) % 300)}`
}
