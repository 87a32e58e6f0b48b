import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { hostNamed } from '../../../src/lib/core/host.ts'
import { addWayBack, armLease, leaseAt, releaseLease, renewLease } from '../../../src/lib/plan/lease/index.ts'
import { type Fleet, startFleet } from '../../helpers/fleet.ts'
import { needs } from '../../helpers/needs.ts'
import { makeNetns } from '../../helpers/netns.ts'
import { poll } from '../../helpers/poll.ts'
import { fleetPool } from '../../transport/fleet-pool.ts'
import { stepPlace } from '../step-host.ts'
import type { ClientTask } from './lease-client.ts'
import { hasFired, isHeld, lone, stateOf } from './lease-host.ts'

const signal = new AbortController().signal
const ttlMs = 3000

describe.skipIf(!needs('root', 'sshd'))('a lease over SSH', () => {
  let fleet: Fleet
  beforeAll(async () => {
    fleet = await startFleet({
      sshdConfig: directory => `SetEnv TMPDIR=${directory}/scratch XDG_RUNTIME_DIR=${directory}/session`,
    })
    await mkdir(at(''))
    await chmod(at(''), 0o1777)
  }, 60_000)
  afterAll(() => fleet?.[Symbol.asyncDispose]())

  const at = (name: string) => join(fleet.directory, 'scratch', name)
  const connected = async (pool: ReturnType<typeof fleetPool>) =>
    stepPlace(await pool.connect(hostNamed(fleet.addresses[0] ?? ''), { signal }))

  test('goes on when the connection that armed it is closed, and is released over another', async () => {
    const pool = fleetPool(fleet)
    const since = performance.now()
    const lease = await armLease(await connected(pool), { id: 'session', ttlMs: 600_000 })
    // An open descriptor of the guard would keep the channel open.
    expect(performance.now() - since).toBeLessThan(10_000)
    expect(lease.directory).toStartWith(`${at('opsctl-')}`)
    await pool[Symbol.asyncDispose]()
    await using other = fleetPool(fleet)
    const place = await connected(other)
    const again = leaseAt(JSON.parse(JSON.stringify(lease)).directory)
    expect(await renewLease(place, again, 600_000)).toBe('held')
    expect(await releaseLease(place, again, { waitMs: 0 })).toEqual({ is: 'released' })
    expect(existsSync(lease.directory)).toBe(false)
  }, 60_000)

  test('ends when the connection was closed and nobody comes back', async () => {
    const pool = fleetPool(fleet)
    const place = await connected(pool)
    const lease = await armLease(place, { id: 'left', ttlMs })
    await addWayBack(place, lease, { order: 1, commands: [lone(`touch ${at('left')}`)], ttlMs })
    await pool[Symbol.asyncDispose]()
    await hasFired(lease)
    expect(existsSync(at('left'))).toBe(true)
  }, 60_000)

  test('outlives a time without room for another process', async () => {
    await using pool = fleetPool(fleet)
    const place = await connected(pool)
    const lease = await armLease(place, { id: 'crowded', ttlMs: 600_000 })
    const guard = await poll('the guard is seen', 10_000, () => processOf(`${lease.directory}/guard`))
    await addWayBack(place, lease, { order: 1, commands: [lone(`touch ${at('crowded')}`)], ttlMs: 1000 })
    const limit = (processes: number) =>
      run('setpriv', [
        '--reuid',
        fleet.user.name,
        '--regid',
        fleet.user.name,
        '--clear-groups',
        'prlimit',
        '--pid',
        String(guard),
        `--nproc=${processes}:`,
      ])
    await limit(1)
    // Past its end by more than it takes to notice.
    await lasting(2500, () => {
      expect(existsSync(at('crowded'))).toBe(false)
      expect(stateOf(guard)).toBeDefined()
    })
    await limit(5000)
    await hasFired(lease)
    expect(existsSync(at('crowded'))).toBe(true)
  }, 60_000)

  /** A process of its own that holds a lease under which the file stands. */
  async function client(name: string, { address = fleet.addresses[0] ?? '', inside = [] as readonly string[] } = {}) {
    const { port, user, keyFile } = fleet
    const file = at(name)
    const hostKey = fleet.hostKeys.get('ed25519') ?? ''
    const task: ClientTask = { fleet: { port, user, keyFile }, hostKey, address, file, ttlMs }
    const [program = '', ...args] = [
      ...inside,
      process.execPath,
      join(import.meta.dirname, 'lease-client.ts'),
      JSON.stringify(task),
    ]
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    let printed = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text))
    const line = (nth: number): Promise<string> =>
      poll(`the client says line ${nth}`, 40_000, () =>
        printed.split('\n').length > nth + 1 ? printed.split('\n')[nth] : undefined,
      )
    const lease = leaseAt(await line(0))
    return { child, file, lease, line, again: () => child.stdin.write('again\n') }
  }

  test('lasts as long as its process renews, and ends when that is killed', async () => {
    const { child, file, lease } = await client('killed')
    await using _ = ending(child)
    // Twice the time after which it would end by itself.
    await lasting(ttlMs * 2, () => {
      expect({ held: isHeld(lease), made: existsSync(file) }).toEqual({ held: true, made: true })
    })
    child.kill('SIGKILL')
    await hasFired(lease)
    expect(existsSync(file)).toBe(false)
  }, 60_000)

  test('ends when its process is stopped past its time, which then does nothing any more', async () => {
    const { child, file, lease, line, again } = await client('stopped')
    await using _ = ending(child)
    child.kill('SIGSTOP')
    again()
    await hasFired(lease)
    expect(existsSync(file)).toBe(false)
    child.kill('SIGCONT')
    expect(await line(1)).toBe('over')
    expect(existsSync(file)).toBe(false)
  }, 60_000)

  test.skipIf(!needs('netns'))(
    'ends when the network is cut, and refuses what comes after it was mended',
    async () => {
      await using netns = await makeNetns()
      const { child, file, lease, line, again } = await client('cut', { address: netns.outside, inside: netns.argv })
      await using _ = ending(child)
      await netns.cut()
      again()
      await hasFired(lease)
      expect(existsSync(file)).toBe(false)
      await netns.mend()
      expect(await line(1)).toBe('over')
      expect(existsSync(file)).toBe(false)
    },
    120_000,
  )
})

function ending(child: ChildProcess): AsyncDisposable {
  return {
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

/** The process that has this word in its command line, as this machine numbers it. */
function processOf(word: string): number | undefined {
  const holds = (pid: string): boolean => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(word)
    } catch {
      return false
    }
  }
  const pid = readdirSync('/proc').find(name => /^\d+$/.test(name) && holds(name))
  return pid === undefined ? undefined : Number(pid)
}

async function run(program: string, args: readonly string[]): Promise<void> {
  const [code] = await once(spawn(program, args, { stdio: 'inherit' }), 'exit')
  expect(code).toBe(0)
}

/** Looks again and again for so long: what must not happen is caught when it does. */
async function lasting(ms: number, look: () => void): Promise<void> {
  const end = performance.now() + ms
  await poll('the time is over', ms * 10, () => {
    look()
    return performance.now() >= end
  })
}
