import { expect, test } from 'bun:test'
import alertmanager from '../../src/lib/alert/channels/alertmanager.ts'
import { needs } from '../helpers/needs.ts'
import { poll } from '../helpers/poll.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { Alertmanager } from './alertmanager.ts'
import { configOf, firing, opened, resolved } from './opened.ts'
import { Receiver } from './receiver.ts'

interface Told {
  readonly status: string
  readonly alerts: readonly { readonly status: string; readonly labels: Readonly<Record<string, string>> }[]
}

test.skipIf(!needs('alertmanager'))(
  'a real Alertmanager takes alerts, groups them, keeps them while they are firing, and ends them',
  async () => {
    await using directory = await tempDir()
    await using receiver = await Receiver.start()
    await using manager = await Alertmanager.start(directory.path, { webhook: receiver.url })
    const channel = alertmanager.build({ url: manager.url, resolve_timeout: '10s' })
    await using open = await opened({ directory: directory.path, config: configOf({ am: channel }) })
    const now = new Date(Date.now() - 60_000).toISOString()
    const at = {
      startedAt: now,
      runbook: 'https://wiki.example.com/shop',
      link: 'https://opsctl.example.com/i/1',
      detail: 'two lines\nof it',
    }
    await open.alerting.raise([
      firing('prb-1', { ...at, severity: 'warning' }),
      firing('prb-2', { ...at, labels: { team: 'shop', 'odd.name': 'x', empty: '' } }),
      firing('prb-3', { ...at, labels: { team: 'search' } }),
    ])
    const active = await poll('it has all of them', 20_000, async () => {
      const alerts = await manager.alerts()
      return alerts.length === 3 && alerts
    })
    expect(active.find(({ labels }) => labels['incident'] === 'prb-1')).toMatchObject({
      labels: { alertname: 'status', incident: 'prb-1', severity: 'warning', team: 'shop', service: 'shop' },
      annotations: {
        summary: 'prb-1: 503 Service Unavailable, expected 200',
        description: 'two lines\nof it',
        runbook_url: at.runbook,
        reason: 'status',
      },
      startsAt: now,
      generatorURL: at.link,
    })
    expect(active.find(({ labels }) => labels['incident'] === 'prb-2')?.labels).toEqual({
      ...{ alertname: 'status', incident: 'prb-2', severity: 'critical', team: 'shop', odd_name: 'x' },
    })
    const told = (): Told[] => receiver.accepted.map(({ body }) => body as unknown as Told)
    await poll('it tells two groups', 20_000, () => told().some(({ alerts }) => alerts.length === 2) && told().length >= 2)

    // More severe: the one takes the place of the other.
    await open.alerting.raise([firing('prb-1', at)])
    await poll('the first is critical', 20_000, async () => {
      const own = (await manager.alerts()).filter(({ labels }) => labels['incident'] === 'prb-1')
      return own.length === 1 && own[0]?.labels['severity'] === 'critical'
    })

    // Longer than it takes to forget: it has been told again.
    const before = Date.now()
    await poll('twelve seconds pass', 20_000, () => Date.now() - before > 12_000)
    expect(await manager.alerts()).toHaveLength(3)

    await open.alerting.raise(
      ['prb-1', 'prb-2', 'prb-3'].map(incident => resolved(incident, { ...at, endedAt: new Date().toISOString() })),
    )
    await poll('none is left', 20_000, async () => (await manager.alerts()).length === 0)
    await poll('it tells the ends', 20_000, () => told().filter(({ status }) => status === 'resolved').length >= 2)
    expect(open.alerting.status()).toMatchObject([{ delivered: 7, refused: 0, waiting: 0 }])
  },
  120_000,
)
