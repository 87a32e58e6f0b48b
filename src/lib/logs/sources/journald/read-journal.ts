import { z } from 'zod'
import { sleep } from '../../../core/clock.ts'
import { OpsError } from '../../../core/errors.ts'
import type { SourceEvent, SourcePlace, Stream } from '../../../core/log-source.ts'
import { backoffMs } from '../../../run/retry.ts'
import { runLocally } from '../../../transport/local.ts'
import { RunningProgram } from '../command/running-program.ts'
import { ExportReader } from './export-reader.ts'
import { JournalLines } from './journal-lines.ts'
import { fieldOf } from './journal-record.ts'
import { exportArgv, filterArgs, type JournalSettings, lastEntryArgv, placeArgs } from './journalctl.ts'

const identitySchema = z.object({
  kind: z.literal('journal'),
  place: z.array(z.string()),
  filter: z.array(z.string()),
  /** The last entry that was there when it was begun at the end. */
  begin: z.string().optional(),
})

/** The first wait behind a failure is below a second, none is longer than a minute. */
const waits = { baseMs: 1000, maxMs: 60_000 }
const wellMs = 60_000

/** The entries of a journal as one stream, counted in bytes of their export, its token the cursor. @throws OpsError where it can not be read */
export async function* readJournal(place: SourcePlace, settings: JournalSettings): AsyncGenerator<SourceEvent> {
  const { clock, follow, signal, random, log, name } = place
  const { stream, after, checked } = await openStream(place, settings)
  const lines = new JournalLines(stream, { allFields: settings.allFields, framing: place.framing, after, checked })
  for (let runs = 1; !signal.aborted; runs++) {
    const began = clock.monotonic()
    const failure = yield* oneRun(place, { settings, lines })
    if (!follow && failure !== undefined) throw new OpsError('E_UNREACHABLE', `the journal could not be read: ${failure}`)
    if (!follow || signal.aborted) return
    if (clock.monotonic() - began > wellMs) runs = 1
    log('warn', 'journalctl ended: it is begun again', { source: name, problem: failure ?? 'it ended with 0' })
    await sleep(clock, backoffMs(runs, { ...waits, random }), signal).catch(() => {})
  }
}

async function* oneRun(
  place: SourcePlace,
  { settings, lines }: { readonly settings: JournalSettings; readonly lines: JournalLines },
): AsyncGenerator<SourceEvent, string | undefined> {
  const { after } = lines
  const argv = exportArgv(settings, { follow: place.follow, ...(after && { after }) })
  await using program = new RunningProgram(place, { command: { argv }, cwd: place.cwd, env: { LC_ALL: 'C' } })
  const reader = new ExportReader()
  const { inbox } = program
  while ((await inbox.next()) !== 'over') {
    const { bytes } = inbox
    inbox.drop(bytes.length)
    yield* lines.of(reader.add(bytes))
    if (inbox.isSeen) yield { kind: 'idle' }
  }
  return program.failure()
}

interface Opened {
  readonly stream: Stream
  readonly after: string | undefined
  /** Behind the same filters: the entry must still be there. */
  readonly checked: boolean
}

async function openStream(place: SourcePlace, settings: JournalSettings): Promise<Opened> {
  const where = placeArgs(settings)
  const filter = filterArgs(settings)
  const wanted = { kind: 'journal', place: where, filter }
  for (const stream of place.streams.known()) {
    const found = identitySchema.safeParse(stream.identity).data
    if (found === undefined || JSON.stringify(found.place) !== JSON.stringify(where)) continue
    const { token } = stream.resume
    const isSame = JSON.stringify(found.filter) === JSON.stringify(filter)
    const { begin } = found
    if (!isSame) await stream.describe({ ...wanted, ...(begin !== undefined && { begin }) })
    return { stream, after: typeof token === 'string' ? token : begin, checked: isSame && typeof token === 'string' }
  }
  const begin = settings.start === 'end' ? await lastCursor(place, settings) : undefined
  const title = ['journal', ...where, ...filter].join(' ')
  const stream = await place.streams.begin({ ...wanted, ...(begin !== undefined && { begin }) }, title)
  return { stream, after: begin, checked: false }
}

async function lastCursor({ clock, context, cwd, signal }: SourcePlace, settings: JournalSettings): Promise<string | undefined> {
  const { code, stdout, stderr } = await runLocally(
    { clock, env: { ...context.env, LC_ALL: 'C' }, cwd },
    { argv: lastEntryArgv(settings) },
    { signal, timeoutMs: lastEntryMs },
  )
  if (code !== 0) throw new OpsError('E_UNREACHABLE', `the journal could not be read: ${Buffer.from(stderr).toString().trim()}`)
  const [entry] = new ExportReader().add(stdout)
  return entry && fieldOf(entry, '__CURSOR')
}

const lastEntryMs = 30_000
