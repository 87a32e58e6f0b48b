import type { ChannelStatus } from '../../alert/index.ts'
import type { Family, Sample } from '../../net/exposition/family.ts'
import { labelText } from '../../net/exposition/family.ts'

/** How the channels of alerts are. */
export function alertFamilies(channels: readonly ChannelStatus[]): Family[] {
  const each = (value: (channel: ChannelStatus) => number): Sample[] =>
    channels.map(channel => ({ labels: labelText({ channel: channel.name }), value: value(channel) }))
  return [
    {
      name: 'opsctl_alerts_waiting',
      help: 'Alerts that are due and not delivered.',
      type: 'gauge',
      samples: each(({ waiting }) => waiting),
    },
    {
      name: 'opsctl_alerts_delayed',
      help: 'Alerts that are not due yet.',
      type: 'gauge',
      samples: each(({ delayed }) => delayed),
    },
    {
      name: 'opsctl_alerts_oldest_seconds',
      help: 'How long the longest due alert has waited.',
      type: 'gauge',
      samples: each(({ oldestMs = 0 }) => oldestMs / 1000),
    },
    {
      name: 'opsctl_alerts_delivered',
      help: 'Alerts that were delivered.',
      type: 'counter',
      samples: each(({ delivered }) => delivered),
    },
    {
      name: 'opsctl_alerts_refused',
      help: 'Alerts that the other side will never take.',
      type: 'counter',
      samples: each(({ refused }) => refused),
    },
    {
      name: 'opsctl_alerts_dropped',
      help: 'Alerts that gave way because too many waited.',
      type: 'counter',
      samples: each(({ dropped }) => dropped),
    },
  ]
}
