import { rfc3339 } from '../core/clock.ts'
import type { Context } from '../core/context.ts'
import type { Item } from '../core/item.ts'
import { type Report, ReportFold } from '../core/report.ts'
import { ofShard } from '../core/shard.ts'
import { openFleet, runOnFleet } from '../fleet/index.ts'
import { stepPlace } from '../plan/index.ts'
import { undoChange } from '../plan/known-change.ts'
import { runScript } from '../plan/steps/on-host.ts'
import { allFields, hostScript } from '../transport/host-script.ts'
import { drillResidue, runningDrills } from './known-drills.ts'
import type { DrillFleetOptions } from './options.ts'

const timeoutMs = 60_000

/** What only drills leave on a host, each with the command that removes it. It must not find itself. */
const findResidue = hostScript(
  'look for what drills left',
  'PATH=$PATH:/usr/sbin:/sbin; if command -v nft >/dev/null; then nft list tables 2>/dev/null | while read -r word family name; do',
  'case $name in opsctl_*) printf "%s\\0" "nft delete table $family $name";; esac; done; fi;',
  'for at in $(printf "opsctl-%s-\\n" load proxy | grep -lsF -f - /proc/[0-9]*/cmdline); do at=${at#/proc/}; printf "%s\\0" "kill ${at%/cmdline}"; done;',
  'seen=; while read -r source at type rest; do for group in "$at"/opsctl-loa[d]-*; do case $seen in *" $group "*) continue;; esac;',
  'seen="$seen $group "; if [ -d "$group" ]; then printf "%s\\0" "rmdir $group"; fi; done; done </proc/mounts;',
  'for lease in /run/opsctl/lease-* /tmp/opsctl-*/lease-*; do if [ -e "$lease" ]; then printf "%s\\0" "rm -r $lease"; fi; done',
)

/**
 * Heals what killed drills left, as their journals say. On the hosts of -t it looks besides for what no journal of this machine knows: that
 * is told and left alone, since it may be of a drill that runs from elsewhere.
 */
export async function cleanDrills(context: Context, options: DrillFleetOptions): Promise<Report> {
  const { clock } = context
  const started = clock.now()
  const items: Item[] = []
  for (const { runId } of await drillResidue(context)) {
    const report = await undoChange(context, runId, { ...options, maxFail: undefined, force: false })
    items.push(...report.items.map(item => healed(item, runId)))
  }
  if (options.targets.length > 0) items.push(...(await lookFor(context, options)))
  const fold = new ReportFold()
  for (const item of items) fold.add(item)
  const report: Report = {
    kind: 'drill-clean',
    version: 1,
    runId: context.runId,
    title: 'drill clean',
    startedAt: rfc3339(started),
    durationMs: clock.now() - started,
    counts: fold.counts,
    items: fold.items(),
    omitted: fold.omitted,
    changed: items.some(({ outcome }) => outcome === 'ok'),
  }
  return ofShard(report, options.shard)
}

/** What is taken back here is no failure that was undone, but what was asked for. */
const healed = (item: Item, runId: string): Item => {
  const path = item.path.replace(/^[^/]*/, runId)
  return item.outcome === 'undone' ? { ...item, path, outcome: 'ok', message: item.message ?? 'healed' } : { ...item, path }
}

async function lookFor(context: Context, options: DrillFleetOptions): Promise<Item[]> {
  const busy = new Set((await runningDrills(context)).flatMap(({ hosts }) => hosts))
  await using fleet = await openFleet(context, options)
  const { sudo } = fleet
  const report = await runOnFleet(context, {
    kind: 'drill-clean',
    title: 'drill clean',
    fleet,
    concurrency: options.concurrency,
    maxFailures: Number.POSITIVE_INFINITY,
    dryRun: true,
    async visit(visit) {
      if (busy.has(visit.host.name)) return { outcome: 'ok', message: 'a drill runs there', data: { found: [] } }
      const transport = await visit.connect()
      const place = stepPlace({ transport, clock: context.clock, signal: visit.signal, timeoutMs, ...(sudo && { sudo }) })
      const found = allFields(await runScript(place, findResidue, { args: [] }))
      return { outcome: 'ok', message: found.length === 0 ? 'nothing of a drill is there' : '', data: { found } }
    },
  })
  return report.items.flatMap(foundItems)
}

function foundItems({ data, ...item }: Item): Item[] {
  const found = data?.['found']
  const { outcome: _, ...rest } = item
  if (!Array.isArray(found)) return [item]
  if (found.length === 0) return [{ ...rest, path: `${item.host}/residue`, name: 'residue', verdict: 'pass' }]
  return found.map((command, index): Item => {
    const message = `of no drill that this machine knows, and left alone: \`${command}\` removes it`
    return { ...rest, path: `${item.host}/${index + 1}`, name: 'residue', verdict: 'unknown', message }
  })
}
