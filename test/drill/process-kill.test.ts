import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import processKill from '../../src/lib/drill/faults/process-kill.ts'
import { needs } from '../helpers/needs.ts'
import { poll } from '../helpers/poll.ts'
import { type TempDir, tempDir } from '../helpers/temp-dir.ts'
import { kept, rejection, runAlone } from '../plan/round-trip.ts'
import { type Sandbox, startSandbox } from '../plan/sandbox.ts'

const timeoutMs = 90_000

/**
 * Answers as systemctl(1) of 252 says: is-system-running prints the state and ends with 0 only for `running`; start returns when the job is
 * done, and takes what follows `--` for a name; show tells of a unit that is not there as LoadState=not-found, with 0. Notes what it is asked.
 */
const systemctl = `#!/bin/sh
echo "$*" >>/run/asked
case "$1 $2 $3" in
"is-system-running  ") cat /run/system; [ "$(cat /run/system)" = running ];;
"start -- shop") setsid /run/shopd 3600 </dev/null >/dev/null 2>&1 &;;
"start -- broken") echo "Job for broken.service failed." >&2; exit 1;;
"show -p LoadState") case $* in *"-- shopp") echo LoadState=not-found; echo ActiveState=inactive; echo SubState=dead;;
*) echo LoadState=loaded; echo ActiveState=active; echo SubState=running;; esac;;
"is-enabled --"*) echo enabled;;
*) echo "Unknown command verb $1." >&2; exit 1;;
esac
`

describe.skipIf(!needs('root', 'mount', 'netns'))('a killed service of systemd', () => {
  let directory: TempDir
  let sandbox: Sandbox
  beforeAll(async () => {
    directory = await tempDir()
    const bin = join(directory.path, 'bin')
    await mkdir(bin)
    await writeFile(join(bin, 'systemctl'), systemctl)
    await chmod(join(bin, 'systemctl'), 0o755)
    const env = { PATH: `${bin}:${process.env['PATH']}` }
    sandbox = await startSandbox({ directory: directory.path, env, setUp: 'cp "$(command -v sleep)" /run/shopd' })
  }, timeoutMs)
  afterAll(async () => {
    await sandbox?.[Symbol.asyncDispose]()
    await directory?.[Symbol.asyncDispose]()
  })
  const running = async (): Promise<number> => Number(await sandbox.sh("ps -C shopd -o s= | grep -c '[^Z]'"))
  beforeEach(async () => {
    await sandbox.sh('echo running >/run/system; : >/run/asked; setsid /run/shopd 3600 >/dev/null 2>&1 & :')
    await poll('the shop runs', 10_000, async () => (await running()) === 1)
  })

  const asked = async (): Promise<string[]> => (await sandbox.sh('cat /run/asked')).trim().split('\n').filter(Boolean)
  const killed = async (config: object) => {
    const step = processKill.build({ name: 'shopd', grace: '0', ...config })
    const before = kept(await step.capture(sandbox.place))
    await step.do(sandbox.place, before)
    await step.verify(sandbox.place, before)
    await sandbox.sh(': >/run/asked')
    return { step, before }
  }

  // degraded, as a host is where some other unit has failed: is-system-running ends with 1 there.
  test.each(['running', 'degraded', 'starting', 'maintenance'])(
    'is started by its unit where the system is %s',
    async state => {
      const { step, before } = await killed({ unit: 'shop' })
      await sandbox.sh(`echo ${state} >/run/system`)
      await step.undo?.(sandbox.place, before)
      await step.verifyUndone?.(sandbox.place, before)
      expect(await asked()).toEqual(['is-system-running', 'start -- shop'])
      expect(await running()).toBe(1)
      await sandbox.sh('pkill -x shopd')
    },
    timeoutMs,
  )

  test(
    'is started by the host alone, once',
    async () => {
      const { step, before } = await killed({ unit: 'shop' })
      for (const _ of [1, 2]) await runAlone(sandbox.place, step.undoAlone?.(before))
      expect(await asked()).toEqual(['is-system-running', 'start -- shop'])
      expect(await running()).toBe(1)
      await sandbox.sh('pkill -x shopd')
    },
    timeoutMs,
  )

  test(
    'is not started where it comes back by itself',
    async () => {
      const { step, before } = await killed({ unit: 'shop', grace: '10s' })
      await sandbox.sh('(sleep 1; exec setsid /run/shopd 3600) >/dev/null 2>&1 & :')
      await step.undo?.(sandbox.place, before)
      expect(await asked()).toEqual([])
      await sandbox.sh('pkill -x shopd')
    },
    timeoutMs,
  )

  test(
    'that can not be started is told at once, in the words of systemctl',
    async () => {
      const { step, before } = await killed({ unit: 'broken' })
      const error = await rejection(step.undo?.(sandbox.place, before) ?? Promise.resolve())
      expect(error).toHaveProperty('message', 'could not bring it back: Job for broken.service failed.')
    },
    timeoutMs,
  )

  test(
    'is not killed where systemd does not know the unit that is to start it',
    async () => {
      const capture = processKill.build({ name: 'shopd', unit: 'shopp' }).capture(sandbox.place)
      expect(await rejection(capture)).toHaveProperty('message', 'could not look at shopp: there is no service shopp')
      expect(await running()).toBe(1)
      await sandbox.sh('pkill -x shopd')
    },
    timeoutMs,
  )
})
