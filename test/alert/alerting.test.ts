import { expect, test } from 'bun:test'
import { poll } from '../helpers/poll.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { configOf, firing, opened, resolved, webhookTo } from './opened.ts'
import { Receiver } from './receiver.ts'

test('an incident is told once when it begins and once when it ends, however often it is raised', async () => {
  await using directory = await tempDir()
  await using receiver = await Receiver.start()
  await using open = await opened({ directory: directory.path, config: configOf({ ops: webhookTo(receiver.url) }) })
  const { alerting } = open
  await alerting.raise([firing('prb-1'), firing('prb-1')])
  await alerting.raise([firing('prb-1'), firing('prb-2')])
  await poll('both arrive', 10_000, () => receiver.accepted.length === 2)
  await alerting.raise([resolved('prb-1'), resolved('prb-1'), firing('prb-1')])
  await poll('the end arrives', 10_000, () => receiver.accepted.length === 3)
  await alerting.raise([resolved('prb-1'), firing('prb-1'), resolved('prb-3')])
  expect(receiver.keys.toSorted()).toEqual(['prb-1:firing.critical', 'prb-1:resolved', 'prb-2:firing.critical'])
  // The receiver knows before the channel does.
  await poll('the channel knows', 10_000, () => alerting.status()[0]?.delivered === 3)
  expect(alerting.status()).toMatchObject([{ name: 'ops', waiting: 0, delivered: 3, refused: 0, dropped: 0 }])
  expect(alerting.pending()).toEqual([])
}, 60_000)

test('what was told is not told again after a restart, and what was not is', async () => {
  await using directory = await tempDir()
  await using receiver = await Receiver.start()
  const config = configOf({ ops: webhookTo(receiver.url) })
  {
    await using open = await opened({ directory: directory.path, config })
    await open.alerting.raise([firing('prb-1')])
    await poll('it arrives', 10_000, () => open.alerting.status()[0]?.delivered === 1)
    await receiver.stop()
    await open.alerting.raise([firing('prb-2'), resolved('prb-1')])
  }
  await receiver.listen()
  await using open = await opened({ directory: directory.path, config })
  await open.alerting.raise([firing('prb-1'), firing('prb-2')])
  await poll('the rest arrives', 10_000, () => receiver.accepted.length === 3)
  expect(receiver.keys.toSorted()).toEqual(['prb-1:firing.critical', 'prb-1:resolved', 'prb-2:firing.critical'])
}, 60_000)
