import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { StepPlace } from '../../../src/lib/core/plan.ts'
import { guardScript } from '../../../src/lib/plan/lease/guard.ts'
import {
  addWayBack,
  armLease,
  fenced,
  fencedPlace,
  LeaseError,
  leaseAt,
  leaseRefusal,
  releaseLease,
  renewLease,
} from '../../../src/lib/plan/lease/index.ts'
import lineInFile from '../../../src/lib/plan/steps/line-in-file.ts'
import writesFile from '../../../src/lib/plan/steps/write-file.ts'
import { needs } from '../../helpers/needs.ts'
import { poll } from '../../helpers/poll.ts'
import { type TempDir, tempDir } from '../../helpers/temp-dir.ts'
import { rejection } from '../round-trip.ts'
import { fingerprint, fullHost, stepPlace, toolboxHost } from '../step-host.ts'
import { endingWith, guardOf, hasFired, isHeld, leaseToolboxes, lone, stateOf } from './lease-host.ts'

const long = 600_000
const soon = 400

for (const toolbox of leaseToolboxes) {
  describe.skipIf(!needs(...toolbox.needs))(`a lease, by ${toolbox.name}`, () => {
    let scratch: TempDir
    let place: StepPlace
    beforeAll(async () => {
      scratch = await tempDir()
      place = stepPlace(await toolboxHost(toolbox.tools, scratch.path))
    })
    afterAll(() => scratch[Symbol.asyncDispose]())

    const at = (name: string) => join(scratch.path, name)
    const text = (name: string) => readFile(at(name), 'utf8').catch(() => '')
    /** Its guard looks often, as for a lease that is armed for less than three seconds. */
    const arm = async (id: string, more: { readonly graceMs?: number; readonly commandMs?: number } = {}) => {
      const lease = await armLease(place, { id, ttlMs: 2900, ...more })
      expect(await renewLease(place, lease, long)).toBe('held')
      return lease
    }
    const release = (lease: { readonly directory: string }) => releaseLease(place, lease, { waitMs: 30_000 })

    test('is private, and watched by a process of its own session', async () => {
      const lease = await arm('run-1')
      const { pid } = guardOf(lease)
      expect(lease.directory).toMatch(/\/opsctl(-\d+)?\/lease-run-1-\w+$/)
      expect(statSync(lease.directory).mode & 0o777).toBe(0o700)
      expect(statSync(join(lease.directory, 'guard')).mode & 0o777).toBe(0o600)
      const [, , , session] = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? []
      expect(Number(session)).toBe(pid)
      expect(await release(lease)).toEqual({ is: 'released' })
      await poll('the guard ends', 5_000, () => stateOf(pid) === undefined)
      expect(existsSync(lease.directory)).toBe(false)
      expect(await release(lease)).toEqual({ is: 'gone' })
      expect(await renewLease(place, lease, long)).toBe('gone')
    }, 60_000)

    test('that is not renewed takes back what was done: steps last first, then what comes after', async () => {
      const log = at('order')
      const lease = await arm('order')
      await using _ = endingWith(place, lease)
      const say = (word: string) => lone(`echo ${word} >>${log}`)
      for (const order of [0, 2, 10]) {
        expect(await addWayBack(place, lease, { order, commands: [say(`s${order}`), say(`s${order}b`)], ttlMs: long })).toBe(
          'held',
        )
      }
      await addWayBack(place, lease, { order: 2, after: true, commands: [say('a2')], ttlMs: long })
      await addWayBack(place, lease, { order: 0, after: true, commands: [say('a0')], ttlMs: long })
      expect(await text('order')).toBe('')
      expect(await renewLease(place, lease, 100)).toBe('held')
      await hasFired(lease)
      expect(await text('order')).toBe('s10\ns10b\ns2\ns2b\ns0\ns0b\na0\na2\n')
      expect(await renewLease(place, lease, long)).toBe('over')
      expect(await addWayBack(place, lease, { order: 3, commands: [], ttlMs: long })).toBe('over')
      const told = await release(lease)
      expect(told).toMatchObject({ is: 'over', ended: true })
      expect(told.is === 'over' ? told.wayBack : []).toContainEqual({ order: 10, after: false, outcome: 'done' })
      expect(existsSync(lease.directory)).toBe(false)
    }, 60_000)

    test('gives a way back its words and its stdin byte for byte, the umask and no protection of the guard', async () => {
      const lease = await arm('bytes')
      await using _ = endingWith(place, lease)
      const awkward = `it's "$HOME" $(id) \`x\`\n\\n *;`
      const bytes = Uint8Array.from({ length: 70_000 }, (_, index) => (index * 7) % 256)
      const commands = [
        {
          does: `write ${awkward}`,
          argv: ['sh', '-c', 'cat >"$1"; printf %s "$2" >"$1.words"', 'sh', at('bytes'), awkward],
          stdin: bytes,
        },
        lone(`cat >${at('empty')}`, new Uint8Array()),
        lone(`cat /proc/self/oom_score_adj >${at('adjust')}; umask >${at('umask')}`),
        lone(`cat >>${at('second')}`, Buffer.from('second\n')),
      ]
      await addWayBack(place, lease, { order: 1, commands, ttlMs: 100 })
      await hasFired(lease)
      expect(await readFile(at('bytes'))).toEqual(Buffer.from(bytes))
      expect(await text('bytes.words')).toBe(awkward)
      expect(await readFile(at('empty'), 'utf8')).toBe('')
      expect(await text('second')).toBe('second\n')
      expect(await text('adjust')).toBe(await readFile('/proc/self/oom_score_adj', 'utf8'))
      expect((await text('umask')).trim()).toMatch(/0?022$/)
    }, 60_000)

    test('that is renewed in time lasts, and one that is released leaves everything as it is', async () => {
      const lease = await armLease(place, { id: 'renewed', ttlMs: 1200 })
      await addWayBack(place, lease, { order: 1, commands: [lone(`touch ${at('wrong')}`)], ttlMs: 1200 })
      const end = performance.now() + 2500
      while (performance.now() < end) expect(await renewLease(place, lease, 1200)).toBe('held')
      expect(await release(lease)).toEqual({ is: 'released' })
      expect(existsSync(at('wrong'))).toBe(false)
    }, 60_000)

    test('takes the newest way back of a step, and none that did not arrive whole', async () => {
      const lease = await arm('newest')
      await using _ = endingWith(place, lease)
      await addWayBack(place, lease, { order: 1, commands: [lone(`echo old >>${at('newest')}`)], ttlMs: long })
      await addWayBack(place, lease, { order: 1, commands: [lone(`echo new >>${at('newest')}`)], ttlMs: long })
      const short: StepPlace = {
        ...place,
        run: (command, more) => place.run(command, { ...more, stdin: more?.stdin?.subarray(1) ?? new Uint8Array() }),
      }
      const half = addWayBack(short, lease, { order: 2, commands: [lone(`echo half >>${at('newest')}`)], ttlMs: long })
      await expect(half).rejects.toThrow('could not add the way back to the lease: what arrived there is incomplete')
      await renewLease(place, lease, 10)
      await hasFired(lease)
      expect(await text('newest')).toBe('new\n')
    }, 60_000)

    test('tries three times, goes on with the others, and tells what failed in its words', async () => {
      const lease = await arm('fails', { commandMs: 1000 })
      const fails = lone(`echo try >>${at('tries')}; echo "no space left on ${at('x')}" >&2; exit 1`)
      const late = lone(`echo try >>${at('late')}; read -r a <${at('late')}; [ "$(wc -l <${at('late')})" -ge 3 ]`)
      await addWayBack(place, lease, { order: 3, commands: [fails, lone(`touch ${at('beside')}`)], ttlMs: long })
      await addWayBack(place, lease, { order: 2, commands: [lone('sleep 1000')], ttlMs: long })
      await addWayBack(place, lease, { order: 1, commands: [late], ttlMs: 10 })
      await hasFired(lease)
      const told = await release(lease)
      expect(told).toEqual({
        is: 'over',
        ended: true,
        wayBack: [
          { order: 1, after: false, outcome: 'done' },
          { order: 2, after: false, outcome: 'failed', message: 'could not run sleep 1000: ended after 1 s' },
          {
            order: 3,
            after: false,
            outcome: 'failed',
            message: expect.stringMatching(/^could not run echo try.*: no space left on/),
          },
        ],
      })
      expect(await text('tries')).toBe('try\n'.repeat(3))
      expect(existsSync(at('beside'))).toBe(true)
    }, 60_000)

    test('whose guard was killed or stopped is told as unguarded, and nothing is begun under it', async () => {
      for (const signal of ['SIGKILL', 'SIGSTOP'] as const) {
        const lease = await arm('unguarded')
        const { pid } = guardOf(lease)
        process.kill(pid, signal)
        await poll('it is seen', 5_000, async () => (await renewLease(place, lease, long)) === 'unguarded')
        const output = await place.run(fenced({ argv: ['touch', at('unguarded')] }, lease))
        expect(leaseRefusal(output, lease)).toBe('unguarded')
        expect(existsSync(at('unguarded'))).toBe(false)
        expect(await release(lease)).toEqual({ is: 'released' })
        if (signal === 'SIGSTOP') process.kill(pid, 'SIGCONT')
        await poll('the guard ends', 5_000, () => stateOf(pid) === undefined)
      }
    }, 60_000)

    test('ends at once when its guard is told to: at a logout or a shutdown', async () => {
      const lease = await arm('term')
      await using _ = endingWith(place, lease)
      await addWayBack(place, lease, { order: 1, commands: [lone(`touch ${at('term')}`)], ttlMs: long })
      const { pid } = guardOf(lease)
      for (const signal of ['SIGHUP', 'SIGTERM'] as const) process.kill(pid, signal)
      await hasFired(lease)
      expect(existsSync(at('term'))).toBe(true)
    }, 60_000)

    test('that ends in the middle of the way back is told as such', async () => {
      const lease = await arm('broken')
      await addWayBack(place, lease, { order: 1, commands: [lone('true')], ttlMs: long })
      await addWayBack(place, lease, { order: 2, commands: [lone(`touch ${at('begun')}; sleep 30`)], ttlMs: long })
      await addWayBack(place, lease, { order: 3, commands: [lone('true')], ttlMs: 10 })
      await poll('it has begun', 20_000, () => existsSync(at('begun')))
      expect(await releaseLease(place, lease, { waitMs: 0 })).toEqual({ is: 'over', ended: false, wayBack: [] })
      process.kill(guardOf(lease).pid, 'SIGKILL')
      expect(await release(lease)).toEqual({
        is: 'over',
        ended: false,
        wayBack: [
          { order: 3, after: false, outcome: 'done' },
          { order: 1, after: false, outcome: 'open' },
          { order: 2, after: false, outcome: 'open' },
        ],
      })
    }, 60_000)

    describe('a fenced command', () => {
      test('has its own streams and status', async () => {
        const lease = await arm('streams')
        await using _ = endingWith(place, lease)
        const bytes = Uint8Array.from({ length: 200_000 }, (_, index) => (index * 31) % 256)
        const echo = await place.run(fenced({ argv: ['sh', '-c', 'cat; echo trouble >&2; exit 75'] }, lease), { stdin: bytes })
        expect({
          code: echo.code,
          same: Buffer.from(echo.stdout).equals(bytes),
          stderr: String(Buffer.from(echo.stderr)),
        }).toEqual({
          code: 75,
          same: true,
          stderr: 'trouble\n',
        })
        expect(leaseRefusal(echo, lease)).toBeUndefined()
        const words = ['sh', '-c', 'printf "%s|" "$@"', 'sh', 'a b', '', `it's $HOME`, '-n', '*']
        expect(String(Buffer.from((await place.run(fenced({ argv: words }, lease))).stdout))).toBe(`a b||it's $HOME|-n|*|`)
        expect((await place.run(fenced({ argv: ['no-such-program'] }, lease))).code).toBe(127)
        expect((await place.run(fenced({ shell: 'exit 9' }, lease))).code).toBe(9)
        expect((await place.run(fenced({ argv: ['sh', '-c', 'kill -9 $$'] }, lease))).code).toBe(137)
        expect(isHeld(lease)).toBe(true)
      }, 60_000)

      test('does nothing once the lease is over, released or gone', async () => {
        const lease = await arm('refused')
        await addWayBack(place, lease, { order: 1, commands: [lone('true')], ttlMs: 10 })
        await hasFired(lease)
        const write = { argv: ['touch', at('refused')] }
        expect(leaseRefusal(await place.run(fenced(write, lease)), lease)).toBe('over')
        const error = await rejection(fencedPlace(place, lease).run(write))
        expect(error).toBeInstanceOf(LeaseError)
        expect(error).toMatchObject({
          how: 'over',
          message: 'the lease on this host is over: it has taken the change back by itself',
        })
        await release(lease)
        const gone = await place.run(fenced(write, lease))
        expect(leaseRefusal(gone, lease)).toBe('gone')
        expect(String(Buffer.from(gone.stderr))).toBe('')
        expect(existsSync(at('refused'))).toBe(false)
      }, 60_000)

      test('that works when the lease ends is waited for', async () => {
        const lease = await arm('waits')
        await using _ = endingWith(place, lease)
        await addWayBack(place, lease, { order: 1, commands: [lone(`echo undone >>${at('waits')}`)], ttlMs: soon })
        const line = `echo begun >>${at('waits')}; sleep 1; echo done >>${at('waits')}`
        expect((await place.run(fenced({ argv: ['sh', '-c', line] }, lease))).code).toBe(0)
        await hasFired(lease)
        expect(await text('waits')).toBe('begun\ndone\nundone\n')
      }, 60_000)

      test('that does not end is ended after its grace, with all that it started', async () => {
        const lease = await arm('grace', { graceMs: 1000 })
        await using _ = endingWith(place, lease)
        await addWayBack(place, lease, { order: 1, commands: [lone(`echo undone >>${at('grace')}`)], ttlMs: soon })
        const line = `trap "" TERM; sh -c 'trap "" TERM; sleep 20; echo late >>${at('grace')}' & sleep 20; echo late >>${at('grace')}`
        const output = await place.run(fenced({ argv: ['sh', '-c', line] }, lease))
        expect(output.code).toBeNull()
        await hasFired(lease)
        expect(await text('grace')).toBe('undone\n')
      }, 60_000)

      test('whose fence was killed is still waited for, and one that ended leaves nothing to wait for', async () => {
        const lease = await arm('orphan')
        await using _ = endingWith(place, lease)
        await addWayBack(place, lease, { order: 1, commands: [lone(`echo undone >>${at('orphan')}`)], ttlMs: soon })
        // The fence is the parent of what it runs; the daemon of the second one stays.
        const line = `kill -9 $PPID; echo begun >>${at('orphan')}; sleep 1; echo done >>${at('orphan')}`
        await place.run(fenced({ argv: ['sh', '-c', line] }, lease))
        await renewLease(place, lease, soon)
        await place.run(fenced({ argv: ['sh', '-c', 'sleep 15 </dev/null >/dev/null 2>&1 &'] }, lease))
        const since = performance.now()
        await hasFired(lease)
        expect(performance.now() - since).toBeLessThan(12_000)
        expect(await text('orphan')).toBe('begun\ndone\nundone\n')
      }, 60_000)
    })
  })
}

test('takes back what steps did under it, a file in a new directory and a line', async () => {
  await using directory = await tempDir()
  const at = (name: string) => join(directory.path, name)
  await writeFile(at('sshd_config'), 'PermitRootLogin yes\n', { mode: 0o600 })
  const before = fingerprint(directory.path)
  const place = stepPlace(fullHost())
  const lease = await armLease(place, { id: 'steps', ttlMs: 2900 })
  await using _ = endingWith(place, lease)
  const steps = [
    writesFile.build({ path: at('shop/motd'), content: 'maintenance\n', parents: true }),
    writesFile.build({ path: at('shop/limits'), content: 'nofile 65536\n' }),
    lineInFile.build({ path: at('sshd_config'), line: 'PermitRootLogin no', match: '^PermitRootLogin' }),
  ]
  for (const [order, step] of steps.entries()) {
    const image = await step.capture(place)
    expect(await addWayBack(place, lease, { order, commands: step.undoAlone?.(image) ?? [], ttlMs: long })).toBe('held')
    await step.do(fencedPlace(place, lease), image)
  }
  expect(fingerprint(directory.path)).not.toEqual(before)
  await renewLease(place, lease, 10)
  await hasFired(lease)
  expect(fingerprint(directory.path)).toEqual(before)
}, 60_000)

test.skipIf(!needs('shellcheck'))('the guard is sound shell', async () => {
  const check = spawnSync('shellcheck', ['--shell=sh', '--severity=warning', '--exclude=SC1090', '-'], { input: guardScript })
  expect(check.stdout.toString()).toBe('')
})

test('a directory that was never a lease is refused: it would be removed', () => {
  for (const directory of ['/', '/run/opsctl', 'lease-1', '/run/opsctl/../etc/opsctl/lease-1', '/run/opsctl/lease-1/x']) {
    expect(() => leaseAt(directory)).toThrow('is not the directory of a lease')
  }
  expect(leaseAt('/tmp/opsctl-1000/lease-r1-0a')).toEqual({ directory: '/tmp/opsctl-1000/lease-r1-0a' })
})

test('any login shell can hand a fence to sh', () => {
  const command = fenced({ argv: ['true'] }, { directory: '/run/opsctl/lease-1' })
  expect('argv' in command ? command.argv[2] : '').not.toMatch(/[\n!]|\\\\/)
})
