import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { execFile } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Component } from '../../../src/lib/core/component.ts'
import type { Json } from '../../../src/lib/core/json.ts'
import type { Transport } from '../../../src/lib/core/transport.ts'
import service from '../../../src/lib/plan/steps/service.ts'
import snapshot from '../../../src/lib/plan/steps/snapshot.ts'
import failedServices from '../../../src/lib/probe/checks/failed-services.ts'
import serviceCheck from '../../../src/lib/probe/checks/service.ts'
import { findProgram, needs } from '../../helpers/needs.ts'
import { type TempDir, tempDir } from '../../helpers/temp-dir.ts'
import { kept, rejection, roundTrip, runAlone } from '../round-trip.ts'
import { type Sandbox, startSandbox } from '../sandbox.ts'

const run = promisify(execFile)
const ready = needs('root', 'mount', 'netns')

/** A daemon as an init script starts it: it keeps the output of its start. */
const initScript = `#!/bin/sh
### BEGIN INIT INFO
# Provides: shop
# Required-Start:
# Required-Stop:
# Default-Start: 2 3 4 5
# Default-Stop: 0 1 6
### END INIT INFO
alive() { read -r pid </run/shop.pid && [ -d /proc/$pid ]; } 2>/dev/null
case $1 in
start) alive && exit 0; [ -e /etc/shop-broken ] && { echo "shop: bad configuration" >&2; exit 1; }; sleep 3000 & echo $! >/run/shop.pid;;
stop) alive && kill $pid; rm -f /run/shop.pid; exit 0;;
restart) $0 stop; $0 start;;
reload) alive || exit 1; date +%N >/run/shop.reloaded;;
status) if alive; then echo "shop is running"; else echo "shop is not running"; exit 3; fi;;
*) exit 2;;
esac
`

const unit = `[Service]
ExecStart=/bin/sh -c 'test ! -e /etc/shop-broken && exec sleep 3000'
ExecReload=/bin/touch /run/shop.reloaded
[Install]
WantedBy=default.target
`

/** The control groups that systemd uses: those that are unified, where all are, else its own kind. */
const groups = existsSync('/sys/fs/cgroup/cgroup.controllers')
  ? { root: '/sys/fs/cgroup', mount: 'mount -t cgroup2 groups /sys/fs/cgroup' }
  : {
      root: '/sys/fs/cgroup/systemd',
      mount: 'mkdir /sys/fs/cgroup/systemd; mount -t cgroup -o none,name=systemd groups /sys/fs/cgroup/systemd',
    }
const group = `${groups.root}/opsctl-test-${process.pid}`

/**
 * A systemd that finds itself in the topmost control group takes itself for the manager of the machine, and moves every process there
 * into a group of its own. So it sees no groups but one that is made for it: a namespace of them, and only that mounted.
 */
const startSystemd = `mkdir ${group}; echo $$ >${group}/cgroup.procs
unshare --cgroup --mount sh -ec 'mount -t tmpfs groups /sys/fs/cgroup; ${groups.mount}; exec /lib/systemd/systemd --user >/run/log 2>&1' &`

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}

interface Manager {
  readonly name: string
  readonly ready: boolean
  start(directory: string): Promise<Sandbox>
  /** Whether it runs and starts with the boot, as this machine sees it. */
  readonly state: string
}

const managers: readonly Manager[] = [
  {
    name: 'init scripts',
    ready: ready && findProgram('update-rc.d') !== undefined && findProgram('service') !== undefined,
    start: async directory => {
      await writeFile(join(directory, 'shop'), initScript)
      return startSandbox({
        directory,
        setUp: `install -m 755 ${directory}/shop /etc/init.d/shop; install -m 755 ${directory}/shop /etc/init.d/idle`,
      })
    },
    state: 'service shop status; ls /etc/rc2.d | grep shop; ls /etc/rc2.d | grep idle',
  },
  {
    // systemd as a user's manager: the only difference is the flag that the wrapper adds. Only where somebody asks for it: a systemd
    // takes itself for the manager of what it can see, which a machine that people work on is not for.
    name: 'systemd --user',
    ready:
      process.env['OPSCTL_TEST_SYSTEMD'] === '1' &&
      ready &&
      isWritable(groups.root) &&
      findProgram('systemctl') !== undefined &&
      (await Bun.file('/lib/systemd/systemd').exists()),
    start: async directory => {
      const units = join(directory, 'home/.config/systemd/user')
      await mkdir(units, { recursive: true })
      await writeFile(join(units, 'shop.service'), unit)
      await writeFile(join(units, 'idle.service'), '[Service]\nExecStart=/bin/sleep 3000\n')
      await mkdir(join(directory, 'bin'))
      await writeFile(join(directory, 'bin/systemctl'), `#!/bin/sh\nexec ${findProgram('systemctl')} --user "$@"\n`)
      await chmod(join(directory, 'bin/systemctl'), 0o755)
      const env = {
        PATH: `${directory}/bin:${process.env['PATH']}:/usr/sbin:/sbin`,
        HOME: join(directory, 'home'),
        XDG_RUNTIME_DIR: '/run/user/0',
      }
      return startSandbox({
        directory,
        env,
        setUp: `mkdir -p /run/systemd/system /run/user/0; ${startSystemd}
          tries=0; until [ "$(systemctl is-system-running)" = running ]; do tries=$((tries + 1)); [ $tries -lt 200 ]; sleep 0.1; done`,
      })
    },
    state: 'systemctl show -p ActiveState shop; systemctl is-enabled shop',
  },
]

for (const manager of managers) {
  describe.skipIf(!manager.ready)(`service, of ${manager.name}`, () => {
    let directory: TempDir
    let sandbox: Sandbox
    beforeAll(async () => {
      directory = await tempDir()
      sandbox = await manager.start(directory.path)
    }, 60_000)
    afterAll(async () => {
      await sandbox?.[Symbol.asyncDispose]()
      await directory?.[Symbol.asyncDispose]()
      if (existsSync(group)) await run('find', [group, '-depth', '-type', 'd', '-exec', 'rmdir', '{}', ';'])
    })

    const state = () => sandbox.sh(manager.state)
    const set = async (config: object) => {
      const step = service.build({ name: 'shop', ...config })
      const before = await step.capture(sandbox.place)
      if (step.needed(before)) await step.do(sandbox.place, before)
      await step.verify(sandbox.place, before)
    }

    test('is started and enabled, and both are taken back', async () => {
      await set({ state: 'stopped', enabled: false })
      const build = () => service.build({ name: 'shop', state: 'started', enabled: true })
      const before = await build().capture(sandbox.place)
      expect(build().diff(before)).toMatch(/^shop: stopped -> started\nshop: (disabled|unregistered) -> enabled\n$/)
      await roundTrip({ build, place: sandbox.place, state })
    }, 30_000)

    test('is stopped and disabled, and both are taken back', async () => {
      await set({ state: 'started', enabled: true })
      const build = () => service.build({ name: 'shop', state: 'stopped', enabled: false })
      await roundTrip({ build, place: sandbox.place, state })
    }, 30_000)

    test('is reloaded and restarted every time; an undo does the same once more', async () => {
      await set({ state: 'started' })
      for (const wish of ['reloaded', 'restarted']) {
        const step = service.build({ name: 'shop', state: wish })
        const before = await step.capture(sandbox.place)
        expect(step.needed(before)).toBe(true)
        await step.do(sandbox.place, before)
        await step.verify(sandbox.place, before)
        expect(step.undoneLast).toBe(true)
        await sandbox.sh('rm -f /run/shop.reloaded; cp /run/shop.pid /run/shop.pid-before')
        await step.undo?.(sandbox.place, before)
        await step.verifyUndone?.(sandbox.place, before)
        const acted = wish === 'reloaded' ? 'ls /run/shop.reloaded' : '! cmp -s /run/shop.pid /run/shop.pid-before'
        if (manager.name === 'init scripts') expect(await sandbox.sh(`${acted} && echo again`)).toContain('again')
        await runAlone(sandbox.place, step.undoAlone?.(before))
        await step.verifyUndone?.(sandbox.place, before)
      }
      await sandbox.sh('rm -f /run/shop.reloaded')
      const reload = service.build({ name: 'shop', state: 'reloaded' })
      await runAlone(sandbox.place, reload.doAlone?.(await reload.capture(sandbox.place)))
      expect(await sandbox.sh('ls /run/shop.reloaded')).toBe('/run/shop.reloaded\n')
    }, 30_000)

    test('that stops at once is not as told, and its undo stops trying', async () => {
      await set({ state: 'stopped' })
      await sandbox.sh('touch /etc/shop-broken')
      const step = service.build({ name: 'shop', state: 'started' })
      const before = await step.capture(sandbox.place)
      const trouble = (await rejection(step.do(sandbox.place, before))) ?? (await rejection(step.verify(sandbox.place, before)))
      expect(trouble).toHaveProperty('message', expect.stringMatching(/shop( is stopped)?: /))
      await step.undo?.(sandbox.place, before)
      await step.verifyUndone?.(sandbox.place, before)
      await sandbox.sh('rm /etc/shop-broken')
    }, 30_000)

    test('is seen by the checks of services', async () => {
      const transport = { run: sandbox.place.run } as Transport
      const look = (check: Component<'check'>, config: Json) => check.build(config).run({ ...sandbox.place, transport })
      await set({ state: 'started', enabled: true })
      expect(await look(serviceCheck, { name: 'shop', enabled: true })).toMatchObject({ verdict: 'pass', metrics: { up: 1 } })
      await set({ state: 'stopped', enabled: false })
      expect(await look(serviceCheck, { name: 'shop' })).toMatchObject({ verdict: 'fail', reason: 'state' })
      expect(await look(serviceCheck, { name: 'shop', state: 'stopped', enabled: false })).toMatchObject({ verdict: 'pass' })
      expect(await look(serviceCheck, { name: 'shop', state: 'stopped', enabled: true })).toMatchObject({ verdict: 'fail' })
      expect(await look(serviceCheck, { name: 'no-such' })).toMatchObject({ verdict: 'fail', reason: 'missing' })
      const failed = await look(failedServices, {})
      expect(failed.verdict).toBe(manager.name === 'init scripts' ? 'na' : 'pass')
    }, 60_000)

    test('that does not exist is an error, not a stopped one', async () => {
      const step = service.build({ name: 'no-such', state: 'stopped' })
      await expect(step.capture(sandbox.place)).rejects.toThrow('could not look at no-such: there is no service no-such')
    }, 30_000)

    test('is in a snapshot, which tells when it is not as before', async () => {
      await set({ state: 'started' })
      const step = snapshot.build({ paths: ['/'], services: ['shop'], files: ['/etc/hosts', '/etc/no-such'] })
      const before = await step.capture(sandbox.place)
      // Of a copy: what it compares with expect.any it also changes.
      expect(kept(before)).toMatchObject({ freeBytes: { '/': expect.any(Number) }, files: { '/etc/no-such': 'absent' } })
      await step.verifyUndone?.(sandbox.place, before)
      await set({ state: 'stopped' })
      await sandbox.sh('echo 10.0.0.5 db1 >>/etc/hosts')
      expect(step.verifyUndone?.(sandbox.place, before)).rejects.toThrow(
        /^not as before: shop is stopped, \w+, was running, \w+; \/etc\/hosts is [0-9a-f]{64}, was [0-9a-f]{64}$/,
      )
    }, 30_000)
  })
}
