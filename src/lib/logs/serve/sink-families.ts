import { counter, type Family, gauge, labelText, type Sample } from '../../net/exposition/family.ts'
import type { Lane } from '../delivery/lane.ts'

/** How the sinks take what they are sent. Counters begin with the process, and anew where a reload changes the sink. */
export function sinkFamilies(lanes: readonly Lane[]): Family[] {
  const found = lanes.map(lane => ({ labels: labelText({ sink: lane.name }), look: lane.look, figures: lane.figures }))
  type Found = (typeof found)[number]
  const each = (value: (sink: Found) => number): Sample[] => found.map(sink => ({ labels: sink.labels, value: value(sink) }))
  const by = (label: string, counts: (sink: Found) => Iterable<readonly [string, number]>): Sample[] =>
    found.flatMap(sink =>
      [...counts(sink)].map(([name, value]) => ({ labels: `${sink.labels},${labelText({ [label]: name })}`, value })),
    )
  return [
    gauge(
      'opsctl_logs_sink_up',
      'Whether the last attempt to send was taken.',
      each(({ look }) => (look.problem === undefined ? 1 : 0)),
    ),
    gauge(
      'opsctl_logs_sink_failing_seconds',
      'For how long the sink has taken nothing; 0 while it does.',
      each(({ look }) => look.failingMs / 1000),
    ),
    gauge(
      'opsctl_logs_waiting_records',
      'Records in memory that wait for the sink.',
      each(({ look }) => look.waitingRecords),
    ),
    gauge(
      'opsctl_logs_spool_bytes',
      'Of the spool of the sink on disk, with what is delivered and not yet removed.',
      each(({ look }) => look.spoolBytes),
    ),
    gauge(
      'opsctl_logs_spool_limit_bytes',
      'With how much the spool is full.',
      each(({ look }) => look.maxSpoolBytes),
    ),
    counter(
      'opsctl_logs_sends',
      'Attempts to send, by what came of them.',
      by('result', ({ figures }) => Object.entries(figures.results)),
    ),
    counter(
      'opsctl_logs_send_failures',
      'Attempts that took nothing and are repeated, by why.',
      by('reason', ({ figures }) => figures.failures),
    ),
    counter(
      'opsctl_logs_send_retries',
      'Attempts behind one that failed.',
      each(({ figures }) => figures.retries),
    ),
    counter(
      'opsctl_logs_sent_records',
      'Records in attempts that were taken, those that were refused one by one among them.',
      each(({ figures }) => figures.sentRecords),
    ),
    counter(
      'opsctl_logs_sent_bytes',
      'The same in bytes, before they are encoded and compressed.',
      each(({ figures }) => figures.sentBytes),
    ),
    {
      name: 'opsctl_logs_send_duration_seconds',
      help: 'How long attempts to send took.',
      type: 'histogram',
      samples: found.map(({ labels, figures }) => ({ labels, value: figures.durations })),
    },
  ]
}
