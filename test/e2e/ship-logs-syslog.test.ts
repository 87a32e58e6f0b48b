import { describe, expect, test } from 'bun:test'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import type { LedgerRow } from '../../src/lib/logs/store/rows.ts'
import { Store } from '../../src/lib/logs/store/store.ts'
import { counted } from '../helpers/counts.ts'
import { freePort } from '../helpers/free-port.ts'
import { type OpsctlRun, opsctl, startOpsctl } from '../helpers/opsctl.ts'
import { poll } from '../helpers/poll.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { seeded } from '../journal/seeded.ts'

const kills = counted({ reduced: 4, full: 50 })

/** A pipeline that listens and is killed. */
class Listening {
  readonly home: string
  readonly port: number

  constructor(home: string, port: number) {
    this.home = home
    this.port = port
  }

  async describe(sink: object): Promise<void> {
    const sources = { net: { type: 'syslog', listen: [`tcp://127.0.0.1:${this.port}`] } }
    await writeFile(join(this.home, 'pipeline.yaml'), JSON.stringify({ sources, sinks: { out: sink } }))
  }

  async start(): Promise<OpsctlRun> {
    const run = await startOpsctl(['ship-logs', '-f', 'pipeline.yaml', '--follow'], {
      ...{ home: this.home, cwd: this.home, deadlineMs: 100_000 },
    })
    await run.until(/listens for syslog/)
    return run
  }

  async connect(): Promise<Socket> {
    const socket = connect(this.port, '127.0.0.1')
    await once(socket, 'connect')
    // A receiver that is killed is what this is about.
    socket.on('error', () => {})
    return socket
  }

  /** How many records were taken in, as the ledger has it. */
  taken(): number {
    return this.#sum(({ records }) => records)
  }

  spooled(): number {
    return this.#sum(({ spooled }) => spooled)
  }

  #sum(of: (row: LedgerRow) => number): number {
    const directory = join(this.home, '.local/state/opsctl/ship-logs')
    const [name] = existsSync(directory) ? readdirSync(directory) : []
    if (name === undefined || !existsSync(join(directory, name, 'state.db'))) return 0
    using store = new Store(join(directory, name, 'state.db'))
    return store.ledger().reduce((sum, row) => sum + of(row), 0)
  }
}

const message = (run: number, index: number): string => `<13>1 2026-03-09T07:05:01Z web1 shop 812 - - run ${run} order ${index}\n`

/** Numbers that arrived, by run. */
const arrived = (text: string): Map<number, number[]> => {
  const found = [...text.matchAll(/"message":"run (\d+) order (\d+)"/g)].map(
    ([, run, index]) => [Number(run), Number(index)] as const,
  )
  return new Map([...Map.groupBy(found, ([run]) => run)].map(([run, all]) => [run, all.map(([, index]) => index)]))
}

describe('opsctl ship-logs with syslog', () => {
  test(
    `delivers after ${kills} kills all that was put by before them`,
    async () => {
      await using directory = await tempDir()
      const listening = new Listening(directory.path, await freePort())
      await listening.describe({ type: 'file', path: join(directory.path, 'out.ndjson') })
      const random = seeded(20_261_123)
      const putBy: number[] = []
      for (let kill = 0; kill < kills; kill++) {
        const before = listening.taken()
        const run = await listening.start()
        const socket = await listening.connect()
        for (let index = 0; index < 100_000 && socket.writable && index < 200 + random() * 5000; index++)
          socket.write(message(kill, index))
        await poll('some of it is taken', 30_000, () => listening.taken() > before)
        await Bun.sleep(random() * 50)
        run.kill('SIGKILL')
        await run.ended
        socket.destroy()
        putBy.push(listening.taken())
      }
      const last = await listening.start()
      await poll('nothing waits any more', 20_000, () => listening.spooled() === 0)
      last.kill('SIGTERM')
      await last.ended
      const all = arrived(readFileSync(join(directory.path, 'out.ndjson'), 'utf8'))
      let sum = 0
      for (const [kill, count] of putBy.entries()) {
        const numbers = [...new Set(all.get(kill))].sort((a, b) => a - b)
        // What came over one connection came whole, up to where it was cut.
        expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, index) => index))
        sum += numbers.length
        // What one process put by at its end may count only when the next has found it.
        expect(sum).toBeGreaterThanOrEqual(count)
      }
      expect(listening.taken()).toBe(sum)
    },
    120_000 + kills * 8000,
  )

  test('keeps for a sink that is down what came, over a kill', async () => {
    await using directory = await tempDir()
    let isUp = false
    const bodies: string[] = []
    using server = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      async fetch(request) {
        const body = await request.text()
        if (!isUp) return new Response('down', { status: 503 })
        bodies.push(body)
        return new Response('')
      },
    })
    const listening = new Listening(directory.path, await freePort())
    await listening.describe({ type: 'http', url: `http://127.0.0.1:${server.port}/` })
    const run = await listening.start()
    const socket = await listening.connect()
    for (let index = 0; index < 2000; index++) socket.write(message(0, index))
    await poll('all of it is put by', 30_000, () => listening.taken() === 2000)
    run.kill('SIGKILL')
    await run.ended
    socket.destroy()
    isUp = true
    const again = await listening.start()
    const got = (): Set<number> => new Set(arrived(bodies.join('')).get(0))
    await poll('all of it arrived', 60_000, () => got().size === 2000)
    again.kill('SIGTERM')
    expect((await again.ended).code).toBe(143)
    expect(bodies.join('')).toContain('"source_address":"127.0.0.1"')
  }, 120_000)
})

describe('opsctl ship-logs with stdin and a command', () => {
  test('delivers both to their end', async () => {
    await using directory = await tempDir()
    const sources = {
      piped: { type: 'stdin', format: 'text' },
      disks: { type: 'command', shell: 'echo "disk=sda used=7"; echo "disk=sdb used=9"', format: 'logfmt' },
    }
    const sinks = { out: { type: 'file', path: join(directory.path, 'out.ndjson') } }
    await writeFile(join(directory.path, 'pipeline.yaml'), JSON.stringify({ sources, sinks }))
    const { code, stderr } = await opsctl(['ship-logs', '-f', 'pipeline.yaml'], {
      ...{ cwd: directory.path, home: directory.path, stdin: 'one\ntwo', deadlineMs: 100_000 },
    })
    expect(code).toBe(0)
    expect(stderr).toContain('2 ok')
    const lines = readFileSync(join(directory.path, 'out.ndjson'), 'utf8').trimEnd().split('\n').sort()
    expect(lines).toEqual(['{"disk":"sda","used":7}', '{"disk":"sdb","used":9}', '{"message":"one"}', '{"message":"two"}'])
  }, 120_000)

  test('ends soon when it is told to, and delivers what had come', async () => {
    await using directory = await tempDir()
    const path = join(directory.path, 'out.ndjson')
    const sources = {
      piped: { type: 'stdin', format: 'text' },
      ticks: { type: 'command', shell: 'echo tick; sleep 1000', format: 'text' },
    }
    await writeFile(join(directory.path, 'pipeline.yaml'), JSON.stringify({ sources, sinks: { out: { type: 'file', path } } }))
    const run = await startOpsctl(['ship-logs', '-f', 'pipeline.yaml', '--follow'], {
      ...{ cwd: directory.path, home: directory.path, stdin: 'open', deadlineMs: 100_000 },
    })
    run.write('one\n')
    const lines = (): string[] => (existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [])
    await poll('both came', 30_000, () => lines().includes('{"message":"one"}') && lines().includes('{"message":"tick"}'))
    const began = performance.now()
    run.kill('SIGTERM')
    expect((await run.ended).code).toBe(143)
    expect(performance.now() - began).toBeLessThan(30_000)
  }, 120_000)
})
