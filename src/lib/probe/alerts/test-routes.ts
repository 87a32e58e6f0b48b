import { explainRoutes, loadAlerts, type RouteLook, type Target } from '../../alert/index.ts'
import type { Context } from '../../core/context.ts'
import { formatDuration } from '../../core/duration.ts'
import { OpsError } from '../../core/errors.ts'
import { type Reason, reasons } from '../../core/item.ts'
import type { Json } from '../../core/json.ts'
import { nearest } from '../../core/nearest.ts'
import type { Document } from '../../core/report.ts'
import type { ProbeRoutesTestOptions } from './options.ts'

/** Shows which way an alert with these labels would take, and why no other. Nothing is sent. @throws OpsError E_CONFIG, E_USAGE */
export async function testRoutes(context: Context, options: ProbeRoutesTestOptions): Promise<Document> {
  const { severity, alerts: path } = options
  const { config, warnings } = await loadAlerts(context, path)
  const labels = Object.fromEntries(options.label)
  const reason = options.reason === undefined ? undefined : knownReason(options.reason)
  const alert = { severity, labels, ...(reason && { reason }) }
  const { looks, targets, mutedBy } = explainRoutes(config, { alert, now: context.clock.now() })
  const lines = [
    ...table(looks.map(lookRow)),
    '',
    ...(targets.length === 0 ? ['nobody is told'] : table(targets.map(each => [each.channel, wayOf(each)]))),
    ...mutedBy.map(name => `held back now by the window ${name}`),
    ...warnings.map(({ place, message }) => `warning: ${place}: ${message}`),
  ]
  return {
    mime: 'text/plain',
    text: `${lines.join('\n')}\n`,
    data: {
      alert,
      routes: looks.map(look => ({ ...look })),
      targets: targets.map(
        ({ channel, afterMs, repeatMs, resolved }): Json => ({
          ...{ channel, afterMs, resolved },
          ...(repeatMs !== undefined && { repeatMs }),
        }),
      ),
      mutedBy,
      warnings: warnings.map(warning => ({ ...warning })),
    },
  }
}

function knownReason(text: string): Reason {
  const all = Object.keys(reasons)
  if (isReason(text)) return text
  const close = nearest(text, all)
  throw new OpsError('E_USAGE', `there is no reason '${text}'`, {
    hint: close ? `did you mean ${close}?` : `there are ${all.join(', ')}`,
  })
}

const isReason = (text: string): text is Reason => Object.hasOwn(reasons, text)

const lookRow = ({ place, depth, to, result, why }: RouteLook): string[] => [
  `${'  '.repeat(depth)}${place}`,
  result === 'inner' ? 'matches' : result,
  why ?? (result === 'inner' ? 'a route below it is taken' : `to ${to.join(', ') || 'nobody'}`),
]

function wayOf({ afterMs, repeatMs, resolved }: Target): string {
  return [
    afterMs === 0 ? 'at once' : `after ${formatDuration(afterMs)} if still firing`,
    ...(repeatMs === undefined ? [] : [`again every ${formatDuration(repeatMs)}`]),
    resolved ? 'and when it is over' : 'not when it is over',
  ].join(', ')
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0))) ?? []
  return rows.map(row =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
