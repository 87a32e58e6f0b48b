import { describe, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import type { StepPlace } from '../../src/lib/core/plan.ts'
import cpuPressure from '../../src/lib/drill/faults/cpu-pressure.ts'
import { needs } from '../helpers/needs.ts'
import { poll } from '../helpers/poll.ts'
import { type TempDir, tempDir } from '../helpers/temp-dir.ts'
import { kept, runAlone } from '../plan/round-trip.ts'
import { type Sandbox, startSandbox } from '../plan/sandbox.ts'
import { hasCgroups, makeOwnCgroups } from './own-cgroups.ts'

const timeoutMs = 90_000
const groups = 'find /sys/fs/cgroup -name "opsctl-load-*"'

describe.skipIf(!needs('root', 'mount', 'netns') || !hasCgroups)('the cgroup of a load', () => {
  /** A sandbox that sees only cgroups of its own, after `hide` has taken some of them away. */
  async function inSandbox(hide: string, act: (sandbox: Sandbox) => Promise<void>): Promise<void> {
    await using directory: TempDir = await tempDir()
    await using cgroups = await makeOwnCgroups()
    await using sandbox = await startSandbox({ directory: directory.path, setUp: `${cgroups.setUp}${hide}` })
    await act(sandbox)
  }

  /** What the load got in two seconds, in seconds of one processor. */
  async function takes(place: StepPlace, sandbox: Sandbox): Promise<number> {
    const usage = `for at in $(grep -ls opsctl-loa[d] /proc/[0-9]*/cmdline); do cut -d' ' -f14,15 <"\${at%/cmdline}/stat"; done | awk '{ t += $1 + $2 } END { print "ticks", t }'`
    const ticks = async (): Promise<number> => Number(/ticks (\d+)/.exec(await sandbox.sh(usage))?.[1])
    const from = { ticks: await ticks(), ms: place.clock.monotonic() }
    await poll('two seconds are over', 20_000, () => place.clock.monotonic() - from.ms > 2000)
    return (((await ticks()) - from.ticks) / 100 / (place.clock.monotonic() - from.ms)) * 2000
  }

  test(
    'holds every worker, and lets them have no more than their share',
    async () => {
      await inSandbox(':', async sandbox => {
        const { place } = sandbox
        const step = cpuPressure.build({ workers: 2, percent: 20, weight: 50 })
        expect(await step.needs?.(place)).toEqual([])
        expect(await step.weakness?.(place)).toBeUndefined()
        const before = kept(await step.capture(place))
        expect(step.diff(before)).toMatch(
          /^2 busy processes, nice 0, in the cgroup \/sys\/fs\/cgroup\S*\/opsctl-load-[0-9a-f]{16}, at most 20 % of \d+ processors, weight 50\n$/,
        )
        await step.do(place, before)
        await step.verify(place, before)
        const { processors } = before as { readonly processors: number }
        const inside = (await sandbox.sh(`cat $(${groups})/cgroup.procs`)).trim().split('\n')
        expect(inside).toHaveLength(2)
        const seconds = await takes(place, sandbox)
        expect(seconds).toBeGreaterThan(0)
        expect(seconds).toBeLessThan(2 * processors * 0.2 + 0.2)
        await step.undo?.(place, before)
        await step.verifyUndone?.(place, before)
        expect(await sandbox.sh(groups)).toBe('')
      })
    },
    timeoutMs,
  )

  test.skipIf(!existsSync('/sys/fs/cgroup/unified/cgroup.procs'))(
    'without the cpu controller ends the load at once, and says that it can not measure',
    async () => {
      await inSandbox('mount -t tmpfs none /sys/fs/cgroup/cpu', async sandbox => {
        const { place } = sandbox
        const step = cpuPressure.build({ workers: 2 })
        expect(await step.weakness?.(place)).toBe(
          '/sys/fs/cgroup/unified has no cpu controller for its children: the load has a cgroup, but no percent and weight',
        )
        expect(await cpuPressure.build({ percent: 20 }).needs?.(place)).toEqual([
          'percent and weight need a cgroup with the cpu controller: /sys/fs/cgroup/unified has no cpu controller for its children',
        ])
        const before = kept(await step.capture(place))
        expect(step.diff(before)).toEndWith(', without the cpu controller\n')
        await step.do(place, before)
        await step.verify(place, before)
        // cgroup.kill ends what has no mark, too: a worker's child of another name.
        await sandbox.sh(`(echo 0 >$(${groups})/cgroup.procs; exec sleep 3599) >/dev/null 2>&1 &`)
        await poll(
          'it is in there',
          10_000,
          async () => (await sandbox.sh(`cat $(${groups})/cgroup.procs`)).split('\n').length > 3,
        )
        await runAlone(place, step.undoAlone?.(before))
        await step.verifyUndone?.(place, before)
        expect(await sandbox.sh(`${groups}; pgrep -f 'sleep 359[9]'`)).toBe('')
      })
    },
    timeoutMs,
  )

  test(
    'that can not be had is told, and the load runs all the same',
    async () => {
      await inSandbox('mount -t tmpfs none /sys/fs/cgroup', async sandbox => {
        const { place } = sandbox
        const step = cpuPressure.build({ workers: 1 })
        expect(await step.weakness?.(place)).toBe(
          'no cgroup can be had (none is mounted): the load runs in that of the login, without percent and weight',
        )
        const before = kept(await step.capture(place))
        expect(step.diff(before)).toBe('1 busy process, nice 0, without a cgroup: none is mounted\n')
        await step.do(place, before)
        await step.verify(place, before)
        await step.undo?.(place, before)
        await step.verifyUndone?.(place, before)
        expect(await cpuPressure.build({ weight: 20 }).needs?.(place)).toEqual([
          'percent and weight need a cgroup with the cpu controller: none is mounted',
        ])
      })
    },
    timeoutMs,
  )

  test(
    'that may not be written is told, and is asked for no share',
    async () => {
      const readOnly =
        'for at in $(find /sys/fs/cgroup -maxdepth 1 -mindepth 1); do mount -o remount,bind,ro $at 2>/dev/null || :; done'
      await inSandbox(readOnly, async ({ place }) => {
        expect(await cpuPressure.build({}).weakness?.(place)).toMatch(
          /^no cgroup can be had \(\/sys\/fs\/cgroup\S* may not be written\)/,
        )
      })
    },
    timeoutMs,
  )
})
