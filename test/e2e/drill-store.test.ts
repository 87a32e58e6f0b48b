import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Item } from '../../src/lib/core/item.ts'
import type { Span } from '../../src/lib/core/report.ts'
import { type Machine, type Machines, startMachines } from '../helpers/machines.ts'
import { needs } from '../helpers/needs.ts'
import { opsctl } from '../helpers/opsctl.ts'
import { poll } from '../helpers/poll.ts'
import { type TempDir, tempDir } from '../helpers/temp-dir.ts'

const run = promisify(execFile)

/** The store's own network, which leads from one machine to the other and nowhere else. */
const [primaryAddress, replicaAddress] = ['10.77.0.1', '10.77.0.2']

const sentinel = (port: number): string => `port ${port}
dir /run
protected-mode no
daemonize yes
logfile /run/sentinel-${port}.log
sentinel monitor shop ${primaryAddress} 6379 2
sentinel down-after-milliseconds shop 1000
sentinel failover-timeout shop 4000
`

/** Asks the primary every 10 ms over one connection, and prints the time of each answer. */
const askScript = `use IO::Socket::INET; use Time::HiRes qw(time sleep); $| = 1;
my $primary = IO::Socket::INET->new('${primaryAddress}:6379') or die $!;
while (1) { syswrite $primary, "PING\\r\\n"; sysread $primary, my $answer, 100 or last; printf "%.3f\\n", time; sleep 0.01 }
`

/** Writes an order to whoever is the primary now. */
const writeScript = `set -- $(redis-cli -p 26379 sentinel get-master-addr-by-name shop)
timeout 0.3 redis-cli -h "$1" -p "$2" set orders "$$" | grep -qx OK
`

describe.skipIf(!needs('root', 'mount', 'netns', 'sshd', 'nft', 'redis', 'redis-sentinel'))('a store of two machines', () => {
  let machines: Machines
  let directory: TempDir
  let primary: Machine
  let replica: Machine
  beforeAll(async () => {
    directory = await tempDir()
    machines = await startMachines({ count: 2, setUp: ':' })
    const [first, second] = machines.all
    if (!first || !second) throw new Error('there are no two machines')
    ;[primary, replica] = [first, second]
    await joinMachines(first, second)
    await startStore(first, second)
  }, 120_000)
  afterAll(async () => {
    await machines?.[Symbol.asyncDispose]()
    await directory?.[Symbol.asyncDispose]()
  })

  test('switches over when its primary is cut off, in the time that a log of its own tells as well', async () => {
    const before = await primary.sh('nft list ruleset; ls -A /run/opsctl 2>/dev/null; :')
    const playbook = join(directory.path, 'failover.yaml')
    await writeFile(playbook, failover({ primary: primary.address, replica: replica.address }))
    await replica.sh('perl /run/ask >/run/asked.log 2>&1 & echo $! >/run/ask.pid')
    const watch = watchSentinel(replica.address)
    const html = join(directory.path, 'drill.html')
    const { code, stdout, stderr } = await opsctl(
      ['drill', 'run', '--yes', '--ssh-config', machines.sshConfigFile, '-o', 'json', '-o', `html=${html}`, playbook],
      { deadlineMs: 120_000 },
    )
    const switchedAt = await watch.stop()
    await replica.sh('kill $(cat /run/ask.pid)')
    expect({ code, stderr, verdict: code === 0 ? 'passed' : stdout }).toMatchObject({ code: 0, verdict: 'passed' })
    const report = JSON.parse(stdout) as Told

    const logged = switchedAt - (await cutAt(replica))
    const measured = (report.data.probes['write']?.recoverySeconds ?? Number.NaN) * 1000
    expect(logged).toBeGreaterThan(1000)
    expect(Math.abs(measured - logged)).toBeLessThan(200)

    const groups = new Set(report.timeline.map(({ group }) => group))
    expect(['phases', 'faults', 'probes', 'inject', 'heal'].filter(group => !groups.has(group))).toEqual([])
    expect(report.timeline.filter(({ row }) => row === 'write').map(({ verdict }) => verdict)).toContain('fail')
    for (const part of ['recovery_seconds(', 'probes', 'network-partition-1']) expect(await Bun.file(html).text()).toContain(part)

    // Both sides are whole again: the old primary follows the new one, and nothing of the drill is left.
    await poll('the old primary follows', 30_000, async () => (await primary.sh('redis-cli role')).startsWith('slave'))
    expect(await primary.sh('nft list ruleset; ls -A /run/opsctl 2>/dev/null; :')).toBe(before)
  }, 180_000)
})

interface Told {
  readonly items: readonly Item[]
  readonly timeline: readonly Span[]
  readonly data: { readonly probes: Record<string, { readonly recoverySeconds: number }> }
}

const failover = (store: { readonly primary: string; readonly replica: string }): string => `
name: the primary of the shop's store is cut off
version: 1
duration: 10s
hold: 10s
max-hosts: 1
steady:
  - port: { port: 6379 }
probes:
  write: { command: [sh, /run/write], every: 50ms, timeout: 1s, from: ${store.replica} }
objectives:
  - recovery_seconds('write') <= 8
  - heal_seconds('write') <= 2
steps:
  - type: network-partition
    targets: ${store.primary}
    peers: [${replicaAddress}]
`

/** A cable between two machines, in their networks alone. */
async function joinMachines(first: Machine, second: Machine): Promise<void> {
  const init = ({ at }: Machine): string => at('').split('/')[2] ?? ''
  await run('ip', `link add store netns ${init(first)} type veth peer name store netns ${init(second)}`.split(' '))
  await first.sh(`ip address add ${primaryAddress}/30 dev store && ip link set store up`)
  await second.sh(`ip address add ${replicaAddress}/30 dev store && ip link set store up`)
}

/** A primary with one sentinel, a replica with two: these are the majority when the first machine is cut off. */
async function startStore(first: Machine, second: Machine): Promise<void> {
  const server =
    "redis-server --port 6379 --bind 0.0.0.0 --protected-mode no --save '' --dir /run --daemonize yes --repl-ping-replica-period 1"
  await first.sh(`${server} >/dev/null 2>&1`)
  await second.sh(`${server} --replicaof ${primaryAddress} 6379 >/dev/null 2>&1`)
  await poll('the replica follows', 30_000, async () => (await second.sh('redis-cli role')).includes('connected'))
  for (const [machine, port] of [
    [first, 26379],
    [second, 26379],
    [second, 26380],
  ] as const) {
    await writeFile(machine.at(`/run/sentinel-${port}.conf`), sentinel(port))
    await machine.sh(`redis-sentinel /run/sentinel-${port}.conf >/dev/null 2>&1`)
  }
  await writeFile(second.at('/run/write'), writeScript)
  await writeFile(second.at('/run/ask'), askScript)
  const known = async (): Promise<boolean> => {
    const text = await second.sh('redis-cli -p 26379 sentinel master shop; redis-cli -p 26380 sentinel master shop')
    return [...text.matchAll(/num-other-sentinels\n2\n/g)].length === 2 && [...text.matchAll(/num-slaves\n1\n/g)].length === 2
  }
  await poll('the sentinels know each other', 30_000, known)
}

/** Asks the sentinel beside the replica every 10 ms who the primary is. `stop` tells when it named the replica for the first time. */
function watchSentinel(address: string): { stop(): Promise<number> } {
  const socket = connect(26379, address)
  let switchedAt = Number.NaN
  const timer = setInterval(() => socket.write('SENTINEL GET-MASTER-ADDR-BY-NAME shop\r\n'), 10)
  socket.on('data', data => {
    if (Number.isNaN(switchedAt) && data.includes(replicaAddress)) switchedAt = Date.now()
  })
  return {
    async stop() {
      clearInterval(timer)
      socket.destroy()
      return switchedAt
    },
  }
}

/** The last answer of the primary before the first long gap. */
async function cutAt(machine: Machine): Promise<number> {
  const times = (await machine.sh('cat /run/asked.log'))
    .trim()
    .split('\n')
    .map(time => Number(time) * 1000)
  const last = times.find((time, index) => (times[index + 1] ?? Number.POSITIVE_INFINITY) - time > 1000)
  if (last === undefined || Number.isNaN(last)) throw new Error(`the log has no gap: ${times.slice(0, 3)}`)
  return last
}
