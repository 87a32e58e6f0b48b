import fileSink from '../../../src/lib/logs/sinks/file.ts'
import { built, parcel, send, sinkPlace } from './sink-place.ts'

/** Sends numbered records from FIRST on and tells every receipt on stdout, until it is killed: `file-writer.ts DIRECTORY FIRST STATE`. */
const [cwd = '', first = '0', state = 'null'] = Bun.argv.slice(2)
const sink = await built(fileSink, { path: 'out.ndjson', size: '20K' }).open(
  sinkPlace({ cwd, ...(state !== 'null' && { state: JSON.parse(state) }) }),
)
const say = async (line: object): Promise<void> => {
  await Bun.write(Bun.stdout, `${JSON.stringify(line)}\n`)
}
await say({ next: Number(first), state: sink.state })
for (let number = Number(first); ; number += 8) {
  const receipts = await Promise.all(
    Array.from({ length: 8 }, (_, index) =>
      send(sink, [parcel(`r${number + index}`, { number: number + index, pad: 'x'.repeat(99) })]),
    ),
  )
  for (const [index, receipt] of receipts.entries())
    if (receipt.result === 'delivered') await say({ next: number + index + 1, state: receipt.state })
  const rolled = await sink.tend?.()
  if (rolled !== undefined) await say({ next: number + 8, state: rolled })
}
