import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { rfc3339 } from '../core/clock.ts'
import { OpsError } from '../core/errors.ts'
import { startOfRun } from '../core/run-id.ts'
import { promptDisk } from '../journal/disk.ts'
import type { JournalRecord } from '../journal/frame.ts'
import { readRecords } from '../journal/read.ts'
import { isUnwritten } from '../journal/unwritten.ts'
import { lockHolder } from '../run/lock.ts'
import { type RunHeader, type RunVerdicts, recordType, runsOf } from './run-record.ts'

/** A run as it was recorded: `open` are the hosts that failed or gave no answer. */
export interface RecordedRun extends RunHeader {
  readonly runId: string
  readonly open: readonly string[]
  /** RFC 3339, UTC. */
  readonly startedAt: string
  /** Absent while it goes on, and where it was killed. */
  readonly durationMs?: number
  /** Of a run that judged something and ended. */
  readonly verdicts?: RunVerdicts
  readonly state: 'running' | 'killed' | 'ended'
}

/**
 * The hosts of the newest run that failed or gave no answer.
 * @throws OpsError E_NO_TARGETS when there was no run
 */
export async function lastFailed(stateDirectory: string): Promise<readonly string[]> {
  for await (const run of recordedRuns(stateDirectory)) return run.open
  throw new OpsError('E_NO_TARGETS', '@failed: there is no recorded run', {
    hint: 'it stands for the hosts that failed or did not answer in the last run',
  })
}

/**
 * The recorded runs, newest first; each is read when it is asked for. With `onUnreadable` one whose record is damaged, as a power cut
 * leaves it, is told there and left out. @throws OpsError E_STATE for such a run without it
 */
export async function* recordedRuns(
  stateDirectory: string,
  onUnreadable?: (runId: string, error: OpsError) => void,
): AsyncGenerator<RecordedRun> {
  for (const runId of (await runIds(stateDirectory)).reverse()) {
    try {
      const run = await readRun(stateDirectory, runId)
      if (run !== undefined) yield run
    } catch (error) {
      if (!onUnreadable || !(error instanceof OpsError) || error.code !== 'E_STATE') throw error
      onUnreadable(runId, error)
    }
  }
}

/** One run; undefined when there is none, or it left no record. @throws OpsError E_STATE */
export async function readRun(stateDirectory: string, runId: string): Promise<RecordedRun | undefined> {
  const startMs = startOfRun(runId)
  const directory = join(runsOf(stateDirectory), runId)
  if (startMs === undefined || !existsSync(directory)) return undefined
  let header: RunHeader | undefined
  let end: Pick<RecordedRun, 'durationMs' | 'verdicts'> | undefined
  const open = new Set<string>()
  for await (const { type, payload } of recordsOf(directory)) {
    const record = JSON.parse(new TextDecoder().decode(payload))
    if (type === recordType.header) {
      header = record as RunHeader
      for (const host of header.hosts) open.add(host)
    } else if (type === recordType.end) end = record
    else if (record.ok) open.delete(record.host)
  }
  if (!header) return undefined
  const state = end ? 'ended' : (await goesOn(stateDirectory, runId)) ? 'running' : 'killed'
  return { runId, ...header, open: [...open], startedAt: rfc3339(startMs), state, ...end }
}

/** None of a record that nothing of reached the disk: nobody waits for that before the first host is asked. */
async function* recordsOf(directory: string): AsyncGenerator<JournalRecord> {
  try {
    yield* readRecords(promptDisk, directory)
  } catch (error) {
    if (!(error instanceof OpsError) || !(await isUnwritten(promptDisk, directory))) throw error
  }
}

/** Whether the run is known by its name alone: it was cut off, by a power cut in its first moments, before anything of its record was on the disk. */
export async function leftNoRecord(stateDirectory: string, runId: string): Promise<boolean> {
  const isThere = startOfRun(runId) !== undefined && existsSync(join(runsOf(stateDirectory), runId))
  return isThere && (await readRun(stateDirectory, runId)) === undefined
}

/** Ids of all runs, those that recorded nothing included, oldest first. */
export async function runIds(stateDirectory: string): Promise<string[]> {
  const names = await readdir(runsOf(stateDirectory)).catch((): string[] => [])
  return names.filter(name => startOfRun(name) !== undefined).sort()
}

const goesOn = async (stateDirectory: string, runId: string): Promise<boolean> =>
  (await lockHolder(join(runsOf(stateDirectory), runId, 'lock'))) !== undefined
