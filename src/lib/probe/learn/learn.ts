import type { CheckPlace } from '../../core/check.ts'
import type { Context } from '../../core/context.ts'
import { type ErrorCode, OpsError } from '../../core/errors.ts'
import { thisMachine } from '../../core/host.ts'
import type { Item, Reason } from '../../core/item.ts'
import type { Document } from '../../core/report.ts'
import { connectFleet, maxFailures, runOnFleet, selectHosts } from '../../fleet/index.ts'
import { SharedThings } from '../../run/shared-things.ts'
import type { ProbeLearnOptions } from '../options.ts'
import { type LearnedHost, learnHost } from './learn-host.ts'
import { learnedFile } from './learned-file.ts'
import { tryPorts } from './try-ports.ts'

/**
 * A file of checks from what hosts show. One that can not be read is told, in the file too; where none can be, there is no file.
 * @throws OpsError E_NO_TARGETS and those of openFleet; E_UNREACHABLE, E_AUTH, E_HOSTKEY where no host could be read
 */
export async function probeLearn(context: Context, options: ProbeLearnOptions): Promise<Document> {
  const targets = [...options.host, ...options.targets]
  const hosts = targets.length === 0 ? [thisMachine] : await selectHosts(context, { ...options, targets, allowEmpty: false })
  await using fleet = await connectFleet(context, hosts, options)
  await using shared = new SharedThings()
  const learned = new Map<string, LearnedHost>()
  const failed: Item[] = []
  await runOnFleet(context, {
    kind: 'learn',
    title: 'learning checks',
    fleet,
    concurrency: options.concurrency,
    maxFailures: maxFailures(undefined, hosts.length),
    dryRun: true,
    async visit(visit) {
      const transport = await visit.connect()
      const place: CheckPlace = {
        transport,
        clock: context.clock,
        signal: visit.signal,
        from: targets.length === 0 ? 'here' : 'host',
        shared,
        ...(fleet.sudo && { sudo: fleet.sudo }),
      }
      visit.phase('read')
      const told = await learnHost(context, place)
      if (options.try) visit.phase('try its ports')
      learned.set(visit.host.name, options.try ? await tryPorts(context, place, told) : told)
      return { outcome: 'ok' }
    },
    itemsOf(item) {
      if (item.outcome !== 'ok') failed.push(item)
      // The file is the result: what came of each host is no part of it.
      return []
    },
  })
  fleet.signal.throwIfAborted()
  for (const { host, message } of failed) context.log('warn', `${host}: ${message}`)
  if (learned.size === 0 && hosts.length > 0) throw nothingRead(failed)
  const lessons = hosts.flatMap(({ name }) => {
    const told = learned.get(name)
    return told ? [{ ...told, ...(targets.length > 0 && { host: name }) }] : []
  })
  const file = learnedFile(
    lessons,
    failed.map(({ host, message }) => `${host}: ${message}`),
  )
  return { mime: 'application/yaml', ...file, ...(failed.length > 0 && { incomplete: true }) }
}

const codes: Partial<Record<Reason, ErrorCode>> = { auth: 'E_AUTH', hostkey: 'E_HOSTKEY', sudo: 'E_SUDO', error: 'E_BUG' }

function nothingRead(failed: readonly Item[]): OpsError {
  const [first] = failed
  const code = (first?.reason && codes[first.reason]) ?? 'E_UNREACHABLE'
  const others = failed.length > 1 ? `, and ${failed.length - 1} more hosts` : ''
  return new OpsError(code, `nothing was learned: ${first?.host}: ${first?.message}${others}`)
}
