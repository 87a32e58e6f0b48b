import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { chmod, open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { addWayBack, armLease, releaseLease, renewLease } from '../../../src/lib/plan/lease/index.ts'
import { needs } from '../../helpers/needs.ts'
import { poll } from '../../helpers/poll.ts'
import { type TempDir, tempDir } from '../../helpers/temp-dir.ts'
import { type Sandbox, startSandbox } from '../sandbox.ts'
import { lone } from './lease-host.ts'

const ttlMs = 60_000

describe.skipIf(!needs('root', 'mount', 'netns'))('a lease on a host of its own', () => {
  let directory: TempDir
  let sandbox: Sandbox
  const at = (name: string) => join(directory.path, name)

  /** A host whose boot clock is what `uptime` says, and whose wall clock tells whoever asks for it. */
  beforeAll(async () => {
    directory = await tempDir()
    await writeFile(at('uptime'), uptime(5000))
    await writeFile(at('date'), `#!/bin/sh\necho asked >>${at('date-asked')}\nexit 1\n`)
    await chmod(at('date'), 0o755)
    const setUp = `mount -o remount,size=512k /run; mount --bind ${at('uptime')} /proc/uptime; mount --bind ${at('date')} /bin/date`
    sandbox = await startSandbox({ directory: directory.path, setUp })
  }, 60_000)
  afterAll(async () => {
    await sandbox?.[Symbol.asyncDispose]()
    await directory?.[Symbol.asyncDispose]()
  })

  const uptime = (seconds: number): string => `${seconds.toFixed(2)} ${(seconds * 2).toFixed(2)}\n`.padEnd(40)
  /** In place, so that no reader sees an empty file. */
  const setUptime = async (seconds: number): Promise<void> => {
    await using file = await open(at('uptime'), 'r+')
    await file.write(uptime(seconds), 0)
  }
  const arm = async (name: string) => {
    await setUptime(5000)
    const lease = await armLease(sandbox.place, { id: name, ttlMs })
    await addWayBack(sandbox.place, lease, { order: 1, commands: [lone(`touch ${at(name)}`)], ttlMs })
    return lease
  }
  const inside = (path: string) => sandbox.sh(`ls -d ${path} 2>/dev/null`)
  const ends = (lease: { readonly directory: string }) =>
    poll('the guard is done', 30_000, async () => (await inside(`${lease.directory}/ended`)) !== '')

  test('counts the time for which the host slept, and no other clock', async () => {
    const lease = await arm('slept')
    await setUptime(5059.5)
    await sandbox.sh('sleep 2.5')
    expect(await inside(`${lease.directory}/held`)).not.toBe('')
    await setUptime(5060)
    await ends(lease)
    expect(existsSync(at('slept'))).toBe(true)
    expect(existsSync(at('date-asked'))).toBe(false)
    expect(await releaseLease(sandbox.place, lease, { waitMs: 0 })).toMatchObject({ is: 'over', ended: true })
  }, 60_000)

  test('is renewed, ends and takes back on a file system without a free byte', async () => {
    const lease = await arm('full')
    await sandbox.sh('dd if=/dev/zero of=/run/filling bs=1k; dd if=/dev/zero of=/run/filling2 bs=1')
    expect(await sandbox.sh('echo x 2>/dev/null >/run/probe; wc -c </run/probe')).toBe('0\n')
    const late = addWayBack(sandbox.place, lease, { order: 2, commands: [lone('true', Buffer.alloc(9000))], ttlMs })
    await expect(late).rejects.toThrow('could not add the way back to the lease: ')
    await setUptime(5050)
    expect(await renewLease(sandbox.place, lease, ttlMs)).toBe('held')
    await setUptime(5105)
    await sandbox.sh('sleep 1.5')
    expect(await renewLease(sandbox.place, lease, ttlMs)).toBe('held')
    await setUptime(5170)
    await ends(lease)
    expect(existsSync(at('full'))).toBe(true)
    expect(await sandbox.sh(`cat ${lease.directory}/log`)).toContain('run touch')
    expect(await releaseLease(sandbox.place, lease, { waitMs: 0 })).toEqual({
      is: 'over',
      ended: true,
      wayBack: [{ order: 1, after: false, outcome: 'done' }],
    })
    await sandbox.sh('rm /run/filling*')
  }, 60_000)

  test('can not be armed where there is no room for what it will need', async () => {
    await sandbox.sh('dd if=/dev/zero of=/run/filling bs=1k; dd if=/dev/zero of=/run/filling2 bs=1')
    await expect(armLease(sandbox.place, { id: 'no-room', ttlMs })).rejects.toThrow('could not arm a lease: ')
    await sandbox.sh('rm /run/filling*')
    expect(await inside('/run/opsctl/lease-no-room*')).toBe('')
  }, 60_000)

  test('is protected from what takes the memory and the processor', async () => {
    const lease = await arm('protected')
    const of = (file: string) => sandbox.sh(`read -r pid rest <${lease.directory}/running; cat /proc/$pid/${file}`)
    const allowed = await sandbox.sh('{ echo -1000 >/proc/self/oom_score_adj; } 2>/dev/null; cat /proc/self/oom_score_adj')
    expect(await of('oom_score_adj')).toBe(allowed)
    expect((await of('stat')).split(') ')[1]?.split(' ')[16]).toBe('-5')
    await releaseLease(sandbox.place, lease, { waitMs: 0 })
  }, 60_000)

  test.each([
    ['a link', 'mkdir /run/elsewhere; ln -s elsewhere /run/opsctl', '/run/opsctl is a link'],
    ['of somebody else', 'mkdir /run/opsctl; chown 33 /run/opsctl', '/run/opsctl is not a directory of this user'],
    ['a file', 'echo >/run/opsctl', '/run/opsctl is not a directory of this user'],
  ])(
    'is not put where the directory is %s',
    async (_, set, message) => {
      await sandbox.sh(`rm -rf /run/opsctl; ${set}`)
      await expect(armLease(sandbox.place, { id: 'refused', ttlMs })).rejects.toThrow(`could not arm a lease: ${message}`)
      await sandbox.sh('rm -rf /run/opsctl /run/elsewhere')
    },
    60_000,
  )
})
