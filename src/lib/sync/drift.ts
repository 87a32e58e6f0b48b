import type { Context } from '../core/context.ts'
import type { Report } from '../core/report.ts'
import type { Sudo, Transport } from '../core/transport.ts'
import { type Fleet, type HostResult, runOnFleet } from '../fleet/index.ts'
import {
  absentFunction,
  allFields,
  digestFunction,
  hostScript,
  lastWords,
  scriptCommand,
  scriptOutput,
} from '../transport/host-script.ts'
import type { AppliedFile } from './revisions.ts'

interface Comparing {
  readonly fleet: Fleet
  /** Of the report. */
  readonly title: string
  /** What was applied, by host. */
  readonly hosts: ReadonlyMap<string, readonly AppliedFile[]>
  readonly concurrency: number
}

/** Compares hosts with what was applied to them last, all files of a host in one question. Changes nothing. */
export function findDrift(context: Context, { fleet, title, hosts, concurrency }: Comparing): Promise<Report> {
  return runOnFleet(context, {
    ...{ kind: 'sync-status', title, fleet, concurrency, dryRun: true },
    maxFailures: Number.POSITIVE_INFINITY,
    async visit(visit) {
      const files = hosts.get(visit.host.name)
      if (!files) return { verdict: 'na', message: 'nothing was applied here' }
      visit.phase('comparing')
      return await compare(files, { transport: await visit.connect(), signal: visit.signal, sudo: fleet.sudo })
    },
  })
}

interface Place {
  readonly transport: Transport
  readonly signal: AbortSignal
  readonly sudo: Sudo | undefined
}

/** How long a host may take for all of its files, milliseconds. */
const lookMs = 60_000

/** For each of the words: `absent`, `other`, or SHA-256, mode, and owner by name and by number. */
const look = hostScript(
  'look at the files',
  digestFunction,
  absentFunction,
  'for path do if absent "$path"; then printf "absent\\0"; elif [ -f "$path" ]; then sum=$(digest "$path") || exit 1;',
  'printf "%s %s\\0" "${sum%% *}" "$(stat -Lc "%a %U:%G %u:%g" -- "$path")"; else printf "other\\0"; fi; done',
)

async function compare(files: readonly AppliedFile[], { transport, signal, sudo }: Place): Promise<HostResult> {
  const command = scriptCommand(
    look,
    files.map(({ path }) => path),
  )
  const output = await transport.run(command, { signal, timeoutMs: lookMs, maxOutputBytes: 1024 ** 2, ...(sudo && { sudo }) })
  const printed = output.code === 0 ? scriptOutput(output) : undefined
  if (printed === undefined) {
    return { verdict: 'unknown', message: `could not look: ${output.message ?? (lastWords(output) || `status ${output.code}`)}` }
  }
  const states = allFields(printed)
  const drift = files.flatMap((file, index) => {
    const what = differenceOf(file, states[index] ?? '')
    return what === undefined ? [] : [{ path: file.path, what }]
  })
  if (drift.length === 0) return { verdict: 'pass', message: `${files.length} files as applied` }
  return { verdict: 'fail', message: drift.map(({ path, what }) => `${path} ${what}`).join('; '), data: { drift } }
}

function differenceOf({ sha256, mode, owner }: AppliedFile, state: string): string | undefined {
  if (state === 'absent') return 'is gone'
  const [sum, nowMode = '', names = '', numbers = ''] = state.split(' ')
  if (sum === 'other' || sum === undefined || sum === '') return 'is no file any more'
  if (sum !== sha256) return 'has another content'
  if (mode !== undefined && Number.parseInt(mode, 8) !== Number.parseInt(nowMode, 8))
    return `has the mode ${nowMode.padStart(4, '0')}`
  return owner === undefined || isOwner(owner, [names, numbers]) ? undefined : `belongs to ${names}`
}

/** `user`, `user:group` or `:group`, by names or numbers. */
function isOwner(owner: string, found: readonly string[]): boolean {
  const [user = '', group = ''] = owner.split(':')
  const parts = found.map(each => each.split(':'))
  return parts.some(([u]) => user === '' || u === user) && parts.some(([, g]) => group === '' || g === group)
}
