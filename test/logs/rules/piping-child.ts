import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { z } from 'zod'
import { sleep } from '../../../src/lib/core/clock.ts'
import { defineCommand } from '../../../src/lib/core/command.ts'
import type { LogSource, SourceEvent, SourcePlace } from '../../../src/lib/core/log-source.ts'
import type { Sink } from '../../../src/lib/core/sink.ts'
import { readPipeline } from '../../../src/lib/logs/pipeline/read-pipeline.ts'
import { runPipeline } from '../../../src/lib/logs/run-pipeline.ts'
import { startInProcess } from '../../helpers/in-process.ts'

/** Runs pipeline.yaml of its directory until it is killed, or told to stop by the end of its stdin: reads what is added to a file, line by line. */
const [directory = '', isSinkDown = ''] = process.argv.slice(2)

const tail: LogSource = { title: 'access.log', isReplayable: true, read: follow }

async function* follow({ streams, clock, signal }: SourcePlace): AsyncGenerator<SourceEvent> {
  const stream = streams.known()[0] ?? (await streams.begin('access.log', 'access.log'))
  await using file = await open(resolve(directory, 'access.log'), 'r')
  let at = stream.resume.at
  const bytes = new Uint8Array(1024 * 1024)
  while (!signal.aborted) {
    const { bytesRead } = await file.read(bytes, 0, bytes.length, at)
    const length = bytes.subarray(0, bytesRead).lastIndexOf(10) + 1
    if (length > 0) yield { kind: 'lines', stream, bytes: bytes.subarray(0, length), from: at, to: at + length }
    else yield { kind: 'idle' }
    at += length
    if (length === 0) await sleep(clock, 20, signal).catch(() => {})
  }
}

const down: Sink = {
  title: 'nobody',
  limits: { bytes: 1024 * 1024, records: 1000, underWay: 1 },
  open: async () => ({
    send: async () => ({ result: 'later', message: 'answered 503' }),
    [Symbol.asyncDispose]: async () => {},
  }),
}

const pipe = defineCommand({
  path: ['pipe'],
  summary: 'a pipeline of a test',
  input: z.strictObject({}),
  exits: [0],
  examples: [],
  run: async context => {
    const read = await readPipeline(context, 'pipeline.yaml')
    const sources = read.sources.map(each => ({ ...each, source: tail }))
    const sinks = isSinkDown === '' ? read.sinks : read.sinks.map(each => ({ ...each, sink: down }))
    return await runPipeline(context, {
      pipeline: { ...read, sources, sinks },
      directory: resolve(directory, 'state'),
      follow: true,
    })
  },
})

const run = startInProcess(['pipe'], { commands: [pipe], home: directory, cwd: directory })
process.stdin.on('end', () => run.signal('SIGTERM')).resume()
const { stderr } = await run.ended
process.stderr.write(stderr)
