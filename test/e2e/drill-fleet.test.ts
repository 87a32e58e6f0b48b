import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Item } from '../../src/lib/core/item.ts'
import type { Span } from '../../src/lib/core/report.ts'
import { type Machine, type Machines, startMachines } from '../helpers/machines.ts'
import { needs } from '../helpers/needs.ts'
import { type OpsctlOptions, type OpsctlRun, opsctl, startOpsctl } from '../helpers/opsctl.ts'
import { poll } from '../helpers/poll.ts'
import { type TempDir, tempDir } from '../helpers/temp-dir.ts'

const timeoutMs = 120_000
const mortal = join(import.meta.dir, 'mortal-opsctl.ts')

const shop = `cp "$(command -v sleep)" /run/shopd
sh -c 'echo $$ >/run/shop.pid; exec /run/shopd 3600' >/dev/null 2>&1 &
until [ -s /run/shop.pid ]; do sleep 0.01; done
`

/** Whether the shop stands still, and which words of a lease are there. */
const look = `cut -d' ' -f3 "/proc/$(cat /run/shop.pid)/stat"; ls -A /run/opsctl 2>/dev/null; :`

describe.skipIf(!needs('root', 'mount', 'netns', 'sshd'))('a drill on some hosts of three', () => {
  let machines: Machines
  let hosts: readonly [Machine, Machine, Machine]
  let directory: TempDir
  let runs = 0
  beforeAll(async () => {
    directory = await tempDir()
    machines = await startMachines({ count: 3, setUp: shop })
    const [first, second, third] = machines.all
    if (!first || !second || !third) throw new Error('there are no three machines')
    hosts = [first, second, third]
  }, timeoutMs)
  afterAll(async () => {
    await machines?.[Symbol.asyncDispose]()
    await directory?.[Symbol.asyncDispose]()
  })

  const state = (): string[] => ['--state-dir', join(directory.path, `state-${runs}`)]
  const where = (): string[] => [...state(), '--ssh-config', machines.sshConfigFile]
  const whole = 'S\n'
  const states = (): Promise<string[]> => Promise.all(hosts.map(host => host.sh(look)))
  const stopped = async (): Promise<string> => (await states()).map(state => state[0]).join('')

  /** Stops the shop on the first host for one time and on the second for another. */
  async function start(durations: readonly [string, string], options: OpsctlOptions = {}): Promise<OpsctlRun> {
    runs++
    const [first, second] = hosts
    const text = `name: two shops stand still
hold: 5s
steps:
  - { type: process-pause, id: short, pidfile: /run/shop.pid, targets: ${first.address}, duration: ${durations[0]} }
  - { type: process-pause, id: long, pidfile: /run/shop.pid, targets: ${second.address}, duration: ${durations[1]} }
`
    const playbook = join(directory.path, `${runs}.yaml`)
    await writeFile(playbook, text)
    const args = ['drill', 'run', '--yes', '-o', 'json', ...where(), playbook]
    return startOpsctl(options.program ? [mortal, ...args] : args, { deadlineMs: 90_000, ...options })
  }

  test(
    'heals each fault when its own time is over, tells it for each host, and leaves the third alone',
    async () => {
      const run = await start(['2s', '6s'])
      await poll('both stand still', 30_000, async () => (await stopped()) === 'TTS')
      await poll('the first is healed before the second', 30_000, async () => (await stopped()) === 'STS')
      const { code, stdout, stderr } = await run.ended
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      const { items, timeline, data } = JSON.parse(stdout) as Told
      const [first, second] = hosts.map(({ address }) => address)
      expect(items.map(({ path, host, verdict }) => [path, host, verdict])).toEqual([
        [`fault/${first}/short`, first, 'pass'],
        [`fault/${second}/long`, second, 'pass'],
        ['verdict/drill', undefined, 'pass'],
      ])
      const seconds = (id: string): number => {
        const span = timeline.find(({ group, name }) => group === 'faults' && name === id)
        return (span?.durationMs ?? Number.NaN) / 1000
      }
      // On a busy machine injecting and healing take their time; the shorter one was over first all the same.
      expect(seconds('short')).toBeGreaterThanOrEqual(2)
      expect(seconds('long')).toBeGreaterThanOrEqual(6)
      expect(seconds('long') - seconds('short')).toBeGreaterThan(2)
      expect(data.events.map(({ what }) => what.split(' ')[0])).toEqual(['injected', 'injected', 'healed', 'healed'])
      expect(await states()).toEqual([whole, whole, whole])
    },
    timeoutMs,
  )

  test.each([
    ['while both are in place', '60s', 'after-do#2'],
    ['while the first of them is healed', '1s', 'before-undo#1'],
    ['when the first of them is healed', '1s', 'after-undo#1'],
  ] as const)(
    'that is killed %s leaves no host broken, and is known of',
    async (_, short, moment) => {
      const run = await start([short, '60s'], {
        program: process.execPath,
        env: { OPSCTL_TEST_KILL: moment },
      })
      expect((await run.ended).signal).toBe('SIGKILL')
      const { stdout } = await opsctl(['drill', 'status', '-o', 'json', ...state()])
      const { residue } = JSON.parse(stdout) as { residue: { hosts: { host: string }[] }[] }
      const [first, second] = hosts.map(({ address }) => address)
      expect(residue.flatMap(each => each.hosts.map(({ host }) => host)).sort()).toEqual([first, second].sort() as string[])
      await poll('both have healed themselves', 20_000, async () => (await stopped()) === 'SSS')
      expect((await opsctl(['drill', 'clean', '--yes', ...where()], { deadlineMs: 60_000 })).code).toBe(0)
      expect(await states()).toEqual([whole, whole, whole])
      expect((await opsctl(['drill', 'status', ...state()])).stdout).toContain('nothing is left broken')
    },
    timeoutMs,
  )

  test(
    'heals the other hosts in their time when one is lost with its fault, which it heals itself',
    async () => {
      const logins = Number(await hosts[0].sh('grep -c Disconnected /run/sshd.log || :'))
      const run = await start(['4s', '4s'])
      await poll('both stand still', 30_000, async () => (await stopped()) === 'TTS')
      const [first, second] = hosts
      // opsctl has proved by then that it can log in anew.
      await poll(
        'it is looked on',
        30_000,
        async () => (await first.sh('grep -c Disconnected /run/sshd.log || :')) === `${logins + 1}\n`,
      )
      await first.cut()
      await poll('the second is healed', 60_000, async () => (await stopped())[1] === 'S')
      await poll('the first has healed itself', 30_000, async () => (await stopped())[0] === 'S')
      await first.mend()
      const { code, stdout } = await run.ended
      const { items, data, timeline } = JSON.parse(stdout) as Told
      expect({ code, verdict: data.verdict }).toEqual({ code: 3, verdict: 'invalid' })
      expect(items.find(({ path }) => path === `fault/${second.address}/long`)).toMatchObject({ verdict: 'pass' })
      expect(items.find(({ path }) => path === `fault/${first.address}/short`)).toMatchObject({
        message: expect.stringMatching(/^in place until the host healed itself/),
      })
      expect(items.find(({ path }) => path === `fault/${first.address}/short/lasting`)).toMatchObject({ verdict: 'unknown' })
      expect(timeline.find(({ group, name }) => group === 'faults' && name === 'long')?.durationMs).toBeLessThan(7000)
      expect(await states()).toEqual([whole, whole, whole])
    },
    timeoutMs,
  )

  test(
    'warns of a host that has lost its lease meanwhile, and heals it',
    async () => {
      const run = await start(['3s', '3s'])
      await poll('both stand still', 30_000, async () => (await stopped()) === 'TTS')
      await hosts[0].sh('set -- /run/opsctl/lease-*/running; read -r guard rest <"$1" && kill -KILL "$guard"')
      await hosts[1].sh('rm -r /run/opsctl')
      const { code, stdout } = await run.ended
      const { items, data } = JSON.parse(stdout) as Told
      expect({ code, verdict: data.verdict }).toEqual({ code: 0, verdict: 'passed' })
      expect(items.slice(0, 2).map(({ verdict, message }) => [verdict, message])).toEqual(
        Array(2).fill([
          'warn',
          expect.stringContaining('; its lease was lost meanwhile, so the host would not have healed itself'),
        ]),
      )
      expect(await states()).toEqual([whole, whole, whole])
    },
    timeoutMs,
  )
})

interface Told {
  readonly items: readonly Item[]
  readonly timeline: readonly Span[]
  readonly data: { readonly verdict: string; readonly events: readonly { readonly what: string }[] }
}
