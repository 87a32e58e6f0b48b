import type { Json } from '../../../src/lib/core/json.ts'
import { openSink, parcelOf } from './opened.ts'

/** One attempt that is given up after a while, and nothing else: `silent-peer.ts TYPE PARAMETERS`. Tells the receipt on stdout. */
const [type = '', params = '{}'] = Bun.argv.slice(2)
{
  await using sink = await openSink(type, JSON.parse(params) as Json)
  const receipt = await sink.send([parcelOf([{ app: 'x' }])], AbortSignal.timeout(500))
  await Bun.write(Bun.stdout, `${receipt.result}\n`)
}
// What is left open is seen by the process that does not end.
await Bun.write(Bun.stdout, 'disposed\n')
