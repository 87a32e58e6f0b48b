import { afterAll, beforeAll, describe, test } from 'bun:test'
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import type { CheckPlace } from '../../src/lib/core/check.ts'
import type { Component } from '../../src/lib/core/component.ts'
import { hostNamed } from '../../src/lib/core/host.ts'
import type { Json } from '../../src/lib/core/json.ts'
import { systemClock } from '../../src/lib/io/system-clock.ts'
import { type Fleet, startFleet } from '../helpers/fleet.ts'
import { freePort } from '../helpers/free-port.ts'
import { findProgram, needs } from '../helpers/needs.ts'
import { poll } from '../helpers/poll.ts'
import { fleetPool } from '../transport/fleet-pool.ts'

// Wants calm: two programs measure this machine, one after the other.

// What the checks read over SSH is what Prometheus' node_exporter reads on the same machine, while that has something to do.

const folder = join(import.meta.dirname, '../../src/lib/probe/checks')
const signal = new AbortController().signal

describe.skipIf(!needs('sshd', 'ssh-keygen', 'node-exporter'))('over SSH, agreeing with node_exporter', () => {
  let fleet: Fleet
  let pool: ReturnType<typeof fleetPool>
  let place: CheckPlace
  let port: number
  const children: ChildProcess[] = []
  const start = (program: string, args: readonly string[]): void => {
    children.push(spawn(program, args, { stdio: 'ignore' }))
  }

  beforeAll(async () => {
    port = await freePort()
    start(findProgram('prometheus-node-exporter') ?? '', [
      `--web.listen-address=127.0.0.1:${port}`,
      '--collector.netdev.device-exclude=^$',
    ])
    // Half of the time of one processor, most of it in the kernel.
    start('sh', ['-c', 'while sleep 0.05; do head -c 30000000 /dev/zero >/dev/null; done'])
    fleet = await startFleet()
    pool = fleetPool(fleet)
    place = { transport: await pool.connect(hostNamed('127.0.1.1'), { signal }), clock: systemClock, signal }
    await poll('node_exporter answers', 30_000, async () => (await scrape()).size > 0)
  }, 90_000)
  afterAll(async () => {
    for (const child of children) child.kill()
    await pool?.[Symbol.asyncDispose]()
    await fleet?.stop()
  }, 60_000)

  /** Figures by name with labels, as they are written. */
  async function scrape(): Promise<ReadonlyMap<string, number>> {
    const text = await fetch(`http://127.0.0.1:${port}/metrics`).then(
      answer => answer.text(),
      () => '',
    )
    const lines = text.split('\n').filter(line => line !== '' && !line.startsWith('#'))
    return new Map(lines.map(line => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]))
  }

  async function look(type: string, params: Json = {}): Promise<Readonly<Record<string, number>>> {
    const component: Component<'check'> = (await import(join(folder, `${type}.ts`))).default
    const { metrics, message, verdict } = await component.build(params).run(place)
    if (!metrics) throw new Error(`${type} is ${verdict}: ${message}`)
    return metrics
  }

  const at = (metrics: Readonly<Record<string, number>>, name: string): number => metrics[name] ?? Number.NaN
  const differs = (one: number, other: number): number => Math.abs(one - other) / Math.max(Math.abs(one), Math.abs(other), 1)

  /** The two can not look at the very same moment: of several looks one has to agree. */
  async function agree(what: string, differences: () => Promise<readonly number[]>, most: number): Promise<void> {
    const tried: (readonly number[])[] = []
    for (let attempt = 0; attempt < 8; attempt++) {
      const found = await differences()
      tried.push(found)
      if (found.every(difference => difference <= most)) return
    }
    throw new Error(`${what} differ by ${JSON.stringify(tried)}`)
  }

  const cpuModes = (before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>) => {
    const passed = (modes: string): number =>
      [...after]
        .filter(([name]) => new RegExp(`^node_cpu_seconds_total\\{cpu="\\d+",mode="(${modes})"\\}$`).test(name))
        .reduce((sum, [name, value]) => sum + value - (before.get(name) ?? 0), 0)
    const total = passed('[a-z]+')
    const percent = (modes: string): number => (100 * passed(modes)) / total
    return {
      busy_percent: 100 - percent('idle|iowait'),
      user_percent: percent('user|nice'),
      system_percent: percent('system|irq|softirq'),
      iowait_percent: percent('iowait'),
      steal_percent: percent('steal'),
    }
  }

  test('the time of the processors, within a point', async () => {
    await agree(
      'shares of the time',
      async () => {
        const before = await scrape()
        const own = await look('cpu', { over: '4s' })
        const theirs = cpuModes(before, await scrape())
        return Object.entries(theirs).map(([name, percent]) => Math.abs(percent - at(own, name)))
      },
      1,
    )
  }, 120_000)

  test('memory, within a point', async () => {
    await agree(
      'memory',
      async () => {
        const own = await look('memory')
        const theirs = await scrape()
        const [total = 0, available = 0] = ['MemTotal', 'MemAvailable'].map(name => theirs.get(`node_memory_${name}_bytes`))
        return [100 * differs(at(own, 'total_bytes'), total), Math.abs(at(own, 'used_percent') - 100 * (1 - available / total))]
      },
      1,
    )
  }, 120_000)

  test('disks and inodes, within a point', async () => {
    await agree(
      'file systems',
      async () => {
        const [disk, inodes, theirs] = [await look('disk', { path: '/' }), await look('inodes', { path: '/' }), await scrape()]
        const root = (figure: string): number =>
          [...theirs].find(([name]) => name.startsWith(`node_filesystem_${figure}{`) && name.includes('mountpoint="/"'))?.[1] ??
          Number.NaN
        const used = root('size_bytes') - root('free_bytes')
        return [
          100 * differs(at(disk, 'total_bytes'), root('size_bytes')),
          100 * differs(at(disk, 'free_bytes'), root('avail_bytes')),
          Math.abs(at(disk, 'used_percent') - (100 * used) / (used + root('avail_bytes'))),
          100 * differs(at(inodes, 'total_inodes'), root('files')),
          100 * differs(at(inodes, 'free_inodes'), root('files_free')),
        ]
      },
      1,
    )
  }, 120_000)

  test('load, to the last digit', async () => {
    await agree(
      'loads',
      async () => {
        const own = await look('load')
        const theirs = await scrape()
        return ['load1', 'load5', 'load15'].map(name => Math.abs(at(own, name) - (theirs.get(`node_${name}`) ?? Number.NaN)))
      },
      0,
    )
  }, 120_000)

  test('counters of the network, within 2 %', async () => {
    await agree(
      'counters',
      async () => {
        const own = await look('network', { interface: 'lo' })
        const theirs = await scrape()
        return ['receive_bytes', 'receive_packets', 'receive_errors', 'receive_drops', 'transmit_bytes', 'transmit_packets'].map(
          name => {
            const figure = name.replace('errors', 'errs').replace('drops', 'drop')
            return differs(at(own, name), theirs.get(`node_network_${figure}_total{device="lo"}`) ?? Number.NaN)
          },
        )
      },
      0.02,
    )
  }, 120_000)

  test('processes that wait for a disk', async () => {
    await agree(
      'processes',
      async () => {
        const own = await look('processes')
        const theirs = await scrape()
        return [differs(at(own, 'blocked'), theirs.get('node_procs_blocked') ?? Number.NaN)]
      },
      0.02,
    )
  }, 120_000)
})
