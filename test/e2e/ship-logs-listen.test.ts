import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { appendFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { freePort } from '../helpers/free-port.ts'
import { needs } from '../helpers/needs.ts'
import { type OpsctlRun, opsctl, startOpsctl } from '../helpers/opsctl.ts'
import { poll } from '../helpers/poll.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const timeoutMs = 120_000

interface LedgerRow {
  readonly source: string
  readonly sink: string
  readonly lines: number
  readonly bytes: number
  readonly records: number
  readonly delivered: number
  readonly dead: number
  readonly spooled: number
  readonly dropped: number
}

/** Metrics of the ledger, and what of it they are. */
const ledgerMetrics = {
  opsctl_logs_read_lines_total: 'lines',
  opsctl_logs_read_bytes_total: 'bytes',
  opsctl_logs_records_total: 'records',
  opsctl_logs_delivered_records_total: 'delivered',
  opsctl_logs_dead_records: 'dead',
  opsctl_logs_spooled_records: 'spooled',
  opsctl_logs_dropped_records_total: 'dropped',
} as const

/** The place of an HTTP sink, that can be out of order. */
class Collector {
  records = 0
  /** Answers with this status. */
  status = 200
  readonly #server: Server

  constructor() {
    this.#server = createServer((request, response) => {
      const pieces: Buffer[] = []
      request.on('data', piece => pieces.push(piece))
      request.on('end', () => {
        const lines = Buffer.concat(pieces).toString().split('\n').length - 1
        const status = this.status === 200 && Buffer.concat(pieces).includes('poison') ? 400 : this.status
        if (status === 200) this.records += lines
        response.writeHead(status).end(status === 200 ? '' : 'out of order')
      })
    })
  }

  async listen(): Promise<string> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/logs`
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }
}

/** Samples by name, then by their labels as they stand. */
function samplesOf(text: string): Map<string, Map<string, number>> {
  const found = new Map<string, Map<string, number>>()
  for (const line of text.split('\n')) {
    const [, name, labels = '', value] = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
    if (name === undefined) continue
    const samples = found.get(name) ?? new Map<string, number>()
    found.set(name, samples.set(labels, Number(value)))
  }
  return found
}

describe('opsctl ship-logs --listen', () => {
  const collector = new Collector()
  let url = ''
  beforeAll(async () => {
    url = await collector.listen()
  })
  afterAll(() => collector.close())

  const app = { app: { type: 'file', paths: ['app.log'], format: 'logfmt' } }

  async function start(
    directory: string,
    { listen, flags = [], sources = app }: { listen: string; flags?: string[]; sources?: Record<string, unknown> },
  ): Promise<OpsctlRun> {
    writeFileSync(
      join(directory, 'pipeline.yaml'),
      JSON.stringify({
        sources,
        rules: { errors: { when: 'level: error count > 1 over 1m' } },
        sinks: {
          collector: { type: 'http', url },
          archive: { type: 'file', path: 'archive.ndjson', when: 'level == "error"' },
        },
      }),
    )
    const run = await startOpsctl(['ship-logs', '-f', 'pipeline.yaml', '--follow', '-v', '--listen', listen, ...flags], {
      cwd: directory,
      env: { XDG_STATE_HOME: join(directory, 'state') },
      deadlineMs: timeoutMs,
    })
    await run.until(/metrics and health at/)
    return run
  }

  async function statusOf(directory: string): Promise<{ readonly ledger: readonly LedgerRow[]; readonly streams: unknown[] }> {
    const { stdout } = await opsctl(['ship-logs', 'status', 'pipeline.yaml', '-o', 'json'], {
      cwd: directory,
      env: { XDG_STATE_HOME: join(directory, 'state') },
      deadlineMs: timeoutMs,
    })
    const { data = undefined, ...rest } = JSON.parse(stdout)
    return data ?? rest
  }

  const log = (from: number, to: number): string =>
    Array.from(
      { length: to - from },
      (_, index) =>
        `time=${new Date().toISOString()} level=${(from + index) % 10 === 0 ? 'error' : 'info'} number=${from + index}\n`,
    ).join('')

  test(
    'tells what status tells, in words that promtool does not complain of',
    async () => {
      await using dir = await tempDir()
      collector.status = 200
      writeFileSync(join(dir.path, 'app.log'), `${log(0, 1000)}level=info message=poison\n`)
      const port = await freePort()
      const run = await start(dir.path, { listen: `127.0.0.1:${port}` })
      const scrape = async (accept = '') => await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { accept } })
      const samples = async () => samplesOf(await (await scrape()).text())
      await poll('all is settled', 60_000, async () => {
        const delivered = (await samples()).get('opsctl_logs_read_lines_total')
        return [...(delivered?.values() ?? [])].filter(lines => lines === 1001).length === 2
      })
      appendFileSync(join(dir.path, 'app.log'), log(1000, 1500))
      await poll('the rest is settled', 60_000, async () => {
        const lag = (await samples()).get('opsctl_logs_lag_bytes')
        return [...(lag?.values() ?? [])].join() === '0,0'
      })

      const { ledger, streams } = await statusOf(dir.path)
      const found = await samples()
      expect(ledger.length).toBe(2)
      for (const row of ledger)
        for (const [metric, column] of Object.entries(ledgerMetrics))
          expect([metric, found.get(metric)?.get(`source="app",sink="${row.sink}"`)]).toEqual([metric, row[column]])
      expect(ledger.find(({ sink }) => sink === 'collector')).toMatchObject({ lines: 1501, records: 1501 })
      expect(found.get('opsctl_logs_dead_records')?.get('source="app",sink="collector"')).toBeGreaterThan(0)
      expect(found.get('opsctl_logs_dead_letters_bytes')?.get('')).toBeGreaterThan(0)
      expect(streams.length).toBe(2)
      expect(found.get('opsctl_logs_source_streams')?.get('source="app"')).toBe(1)
      expect(found.get('opsctl_logs_lag_seconds')?.get('source="app",sink="archive"')).toBe(0)
      expect(found.get('opsctl_logs_rule_matches_total')?.get('rule="errors"')).toBe(150)
      expect(found.get('opsctl_logs_rule_firing')?.get('rule="errors"')).toBe(1)
      expect(found.get('opsctl_logs_sends_total')?.get('sink="collector",result="refused"')).toBeGreaterThan(0)
      expect(found.get('opsctl_logs_send_duration_seconds_count')?.get('sink="archive"')).toBeGreaterThan(0)
      expect(found.get('process_resident_memory_bytes')?.get('')).toBeGreaterThan(1e6)

      const openmetrics = await scrape('application/openmetrics-text; version=1.0.0')
      expect(openmetrics.headers.get('content-type')).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8')
      expect(await openmetrics.text()).toEndWith('# EOF\n')
      if (needs('promtool')) {
        const text = await (await scrape()).text()
        const promtool = Bun.spawn(['promtool', 'check', 'metrics'], { stdin: Buffer.from(text), stdout: 'pipe', stderr: 'pipe' })
        const said = (await new Response(promtool.stdout).text()) + (await new Response(promtool.stderr).text())
        expect({ said, code: await promtool.exited }).toEqual({ said: '', code: 0 })
      }
      run.kill('SIGTERM')
      expect((await run.ended).code).toBe(143)
    },
    timeoutMs,
  )

  test(
    'is not healthy while a sink is out of order for long, and again when it is mended',
    async () => {
      await using dir = await tempDir()
      collector.status = 503
      writeFileSync(join(dir.path, 'app.log'), log(0, 100))
      const socket = join(dir.path, 'logs.sock')
      const run = await start(dir.path, { listen: `unix:${socket}`, flags: ['--unhealthy-after', '2s'] })
      const ask = (path: string) => fetch(`http://localhost${path}`, { unix: socket })
      expect((await ask('/health')).status).toBe(200)
      const failing = await poll('it is told', 60_000, async () => {
        const answer = await ask('/health')
        return answer.status === 503 && ((await answer.json()) as { status: string; reasons: Record<string, unknown>[] })
      })
      expect(failing).toMatchObject({ status: 'failing', reasons: [{ kind: 'sink', name: 'collector' }] })
      expect(String(failing.reasons[0]?.['message'])).toMatch(/^takes nothing for \d+s: .*answered 503: out of order/)
      const found = samplesOf(await (await ask('/metrics')).text())
      expect(found.get('opsctl_logs_sink_up')).toEqual(
        new Map([
          ['sink="collector"', 0],
          ['sink="archive"', 1],
        ]),
      )
      expect(found.get('opsctl_logs_send_failures_total')?.get('sink="collector",reason="http_503"')).toBeGreaterThan(0)
      expect(found.get('opsctl_logs_lag_seconds')?.get('source="app",sink="collector"')).toBeGreaterThan(1)
      expect(found.get('opsctl_logs_lag_bytes')?.get('source="app",sink="collector"')).toBeGreaterThan(4000)
      collector.status = 200
      await poll('it is well again', 60_000, async () => (await ask('/health')).status === 200)
      expect(await (await ask('/health')).json()).toMatchObject({ status: 'ok', reasons: [] })
      run.kill('SIGTERM')
      await run.ended
    },
    timeoutMs,
  )

  test(
    'is degraded while a host or a file can not be read, and well when it can',
    async () => {
      await using dir = await tempDir()
      const [closed, port] = [await freePort(), await freePort()]
      writeFileSync(join(dir.path, 'app.log'), log(0, 10))
      const sources = {
        app: { type: 'file', paths: [join(dir.path, 'app.log'), join(dir.path, 'late.log')], format: 'logfmt' },
        fleet: { type: 'ssh', targets: `127.0.0.1:${closed}`, paths: ['/var/log/app.log'], connect_timeout: '2s' },
      }
      const flags = ['--unhealthy-after', '1s']
      const run = await start(dir.path, { listen: `127.0.0.1:${port}`, flags, sources })
      const health = async () => {
        const answer = await fetch(`http://127.0.0.1:${port}/health`)
        return {
          http: answer.status,
          ...((await answer.json()) as { status: string; parts: { part: string; message: string }[] }),
        }
      }
      const both = await poll('both are told', 60_000, async () => {
        const found = await health()
        return found.parts.length === 2 && found
      })
      expect(both).toMatchObject({ http: 200, status: 'degraded', reasons: [] })
      const [late, host] = both.parts
      expect(late).toMatchObject({ source: 'app', part: join(dir.path, 'late.log') })
      expect(late?.message).toEndWith(': there is no such file')
      expect(host).toMatchObject({ source: 'fleet' })
      expect(host?.part).toStartWith('127.0.0.1')
      const found = samplesOf(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text())
      expect(found.get('opsctl_logs_source_failing_parts')).toEqual(
        new Map([
          ['source="app"', 1],
          ['source="fleet"', 1],
        ]),
      )
      writeFileSync(join(dir.path, 'late.log'), log(10, 20))
      await poll('the file is read', 60_000, async () => (await health()).parts.length === 1)
      run.kill('SIGTERM')
      await run.ended
    },
    timeoutMs,
  )

  test(
    'has no open door, and no server without a pipeline',
    async () => {
      await using dir = await tempDir()
      writeFileSync(
        join(dir.path, 'p.yaml'),
        'sources: { app: { type: file, paths: [app.log] } }\nsinks: { out: { type: stdout } }\n',
      )
      const run = (args: string[]) => opsctl(['ship-logs', ...args], { cwd: dir.path, deadlineMs: timeoutMs })
      expect(await run(['-f', 'p.yaml', '--follow', '--listen', '0.0.0.0:0'])).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('there is no TLS'),
      })
      expect(await run(['app.log', '--listen', '127.0.0.1:0'])).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('--listen needs a pipeline'),
      })
    },
    timeoutMs,
  )
})
