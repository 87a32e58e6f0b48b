import type { Family } from '../../net/exposition/family.ts'
import type { StreamFigures } from '../registry/registry-stream.ts'

/** How the stream of events goes on. */
export function registryFamilies({ connected, applied, refused, missed }: StreamFigures): Family[] {
  return [
    {
      name: 'opsctl_registry_connected',
      help: 'Whether the stream of events is listened to.',
      type: 'gauge',
      samples: [{ labels: '', value: connected ? 1 : 0 }],
    },
    {
      name: 'opsctl_registry_events',
      help: 'Events of the stream that were applied, refused, and taken away before they were heard.',
      type: 'counter',
      samples: Object.entries({ applied, refused, missed }).map(([result, value]) => ({ labels: `result="${result}"`, value })),
    },
  ]
}
