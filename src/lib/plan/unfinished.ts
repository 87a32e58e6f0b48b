import { existsSync } from 'node:fs'
import type { Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import { foldNodeSet } from '../inventory/node-set.ts'
import { ChangeLog, changeDirectory } from './change-log.ts'
import { type UnfinishedChange, UnfinishedMark } from './unfinished-mark.ts'
import { unfinishedRuns } from './unfinished-runs.ts'

/** Changes of this machine that stand half-way and that nobody works on, oldest first. */
export async function unfinishedChanges(
  context: Pick<Context, 'paths' | 'clock' | 'runId' | 'log'>,
): Promise<UnfinishedChange[]> {
  const { state } = context.paths
  const found: UnfinishedChange[] = []
  for (const runId of unfinishedRuns(state)) {
    const change = (await new UnfinishedMark(state, runId).read()) ?? (await fromJournal(context, runId))
    if (change) found.push(change)
  }
  return found
}

const maxTold = 3
const maxHostText = 60

/** A change that was killed is not forgotten: whoever begins to change something hears of it, once for each but the one that is worked on. */
export async function tellUnfinished(
  context: Pick<Context, 'paths' | 'clock' | 'runId' | 'log'>,
  { except }: { readonly except?: string } = {},
): Promise<void> {
  const changes = (await unfinishedChanges(context)).filter(({ runId }) => runId !== except)
  for (const change of changes.slice(-maxTold)) context.log('warn', halfWay(change))
  const more = changes.length - maxTold
  if (more > 0) context.log('warn', `${more} older changes stand half-way: opsctl runs list --unfinished`)
}

/** For people: what stands, and how it is taken back. */
export const halfWay = ({ runId, name, hosts }: UnfinishedChange): string =>
  `the change '${name}' stands half-way on ${named(hosts)}: opsctl undo ${runId}`

function named(hosts: readonly string[]): string {
  if (hosts.length === 0) return 'hosts that its damaged journal does not tell'
  const text = foldNodeSet(hosts)
  return text.length <= maxHostText ? text : `${hosts.length} hosts`
}

/** To open the journal and close it again settles the mark for whoever asks next. */
async function fromJournal(
  context: Pick<Context, 'paths' | 'clock' | 'runId' | 'log'>,
  runId: string,
): Promise<UnfinishedChange | undefined> {
  const { state } = context.paths
  if (!existsSync(changeDirectory(state, runId))) {
    await new UnfinishedMark(state, runId).clear()
    return undefined
  }
  try {
    await using log = await ChangeLog.open(context, runId)
    return log.unfinished
  } catch (error) {
    if (error instanceof OpsError && error.code === 'E_LOCKED') return undefined
    return { runId, name: runId, hosts: [] }
  }
}
