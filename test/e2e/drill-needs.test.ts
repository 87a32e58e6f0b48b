import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Item } from '../../src/lib/core/item.ts'
import { type Machine, type Machines, startMachines } from '../helpers/machines.ts'
import { needs } from '../helpers/needs.ts'
import { opsctl } from '../helpers/opsctl.ts'
import { type TempDir, tempDir } from '../helpers/temp-dir.ts'

const timeoutMs = 90_000

/** No Python, and no cgroup. */
const poor = `for at in /usr/bin/python3 /usr/local/bin/python3; do if [ -e $at ]; then mount --bind /dev/null "$(readlink -f $at)"; fi; done
mount -t tmpfs none /sys/fs/cgroup
`
const lack = 'it needs python3, which runs the proxy: install python3'

describe.skipIf(!needs('root', 'mount', 'netns', 'sshd', 'nft'))('a host without python3 and without cgroups', () => {
  let machines: Machines
  let machine: Machine
  let directory: TempDir
  let playbook: string
  beforeAll(async () => {
    directory = await tempDir()
    machines = await startMachines({ count: 1, setUp: poor })
    const [first] = machines.all
    if (!first) throw new Error('there is no machine')
    machine = first
    playbook = join(directory.path, 'slow.yaml')
    const text = `name: the shop is slow\ntargets: ${machine.address}\nsteps: [{ type: latency, port: 2222, delay: 1s }]\n`
    await writeFile(playbook, text)
  }, timeoutMs)
  afterAll(async () => {
    await machines?.[Symbol.asyncDispose]()
    await directory?.[Symbol.asyncDispose]()
  })

  const ask = async (...args: readonly string[]) => {
    const { code, stdout } = await opsctl([...args, '--ssh-config', machines.sshConfigFile, '-o', 'json'], {
      deadlineMs: 60_000,
    })
    return { code, items: (JSON.parse(stdout) as { readonly items: readonly Item[] }).items }
  }

  test(
    'is told by the doctor, with what it can have all the same',
    async () => {
      const { code, items } = await ask('drill', 'doctor', '-t', machine.address)
      expect(code).toBe(0)
      expect(items.map(({ name, verdict, message = '' }) => [name, verdict, message])).toEqual([
        [
          'cpu-pressure',
          'warn',
          'no cgroup can be had (none is mounted): the load runs in that of the login, without percent and weight',
        ],
        ['disk-fill', 'pass', ''],
        ['http-error', 'na', lack],
        ['latency', 'na', lack],
        ['network-partition', 'pass', ''],
        ['process-kill', 'pass', ''],
        ['process-pause', 'pass', ''],
      ])
    },
    timeoutMs,
  )

  test(
    'is told before anything is touched, and by a dry run',
    async () => {
      const state = () => machine.sh('nft list ruleset; ls -A /run; ps -e -o comm= | sort')
      const before = await state()
      for (const how of ['--dry-run', '--yes']) {
        const { code, items } = await ask('drill', 'run', how, playbook)
        expect({ how, code }).toEqual({ how, code: how === '--yes' ? 3 : 1 })
        expect(items[0]?.message).toEndWith(`delay everything by 1s on port 2222: ${lack}`)
      }
      expect(await state()).toBe(before)
    },
    timeoutMs,
  )

  test(
    'can be known of from the playbook alone',
    async () => {
      const { stdout } = await opsctl(['drill', 'validate', playbook])
      expect(stdout).toContain('needs root, nftables, python3 there')
    },
    timeoutMs,
  )

  test(
    'says in the report of a load that it had no cgroup',
    async () => {
      const file = join(directory.path, 'load.yaml')
      const text = `name: busy\ntargets: ${machine.address}\nduration: 1s\nhold: 30s\nsteps: [{ type: cpu-pressure, workers: 1 }]\n`
      await writeFile(file, text)
      const { code, items } = await ask('drill', 'run', '--yes', file)
      expect(code).toBe(0)
      expect(items[0]?.message).toEndWith(', then healed: 1 busy process, nice 0, without a cgroup: none is mounted')
    },
    timeoutMs,
  )
})
