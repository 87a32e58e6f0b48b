/**
 * The engine of `opsctl probe` in a process of its own, without its command line. The argument is an EngineWork as JSON; each line of
 * input is a number of rounds to make, answered by an EngineRun as JSON on a line.
 */
import { createInterface } from 'node:readline'
import type { Connector } from '../../src/lib/core/context.ts'
import type { Host } from '../../src/lib/core/host.ts'
import type { Item } from '../../src/lib/core/item.ts'
import type { Json } from '../../src/lib/core/json.ts'
import type { Transport } from '../../src/lib/core/transport.ts'
import { systemClock } from '../../src/lib/io/system-clock.ts'
import http from '../../src/lib/probe/checks/http.ts'
import { type ProbedCheck, samplingOf } from '../../src/lib/probe/probed-check.ts'
import { runProbe } from '../../src/lib/probe/run-probe.ts'
import { SpillingOutputStore } from '../../src/lib/run/output-store.ts'
import { SharedThings } from '../../src/lib/run/shared-things.ts'
import { costOf } from './library.ts'

export interface EngineWork {
  readonly urls: readonly string[]
  /** Keys of every check. */
  readonly params: Readonly<Record<string, Json>>
  readonly concurrency: number
  /** For what failing checks leave. */
  readonly directory: string
}

export interface EngineRun {
  readonly wallS: number
  readonly cpuS: number
  /** `total_seconds` of every look, as milliseconds. */
  readonly times: readonly number[]
  /** Messages of what did not pass, without repetition. */
  readonly failures: readonly string[]
}

if (import.meta.main) await serve(JSON.parse(process.argv[2] ?? ''))

async function serve(work: EngineWork): Promise<void> {
  const checks = work.urls.map((endpoint, index) => checkOf(`target${index}`, { endpoint, ...work.params }))
  await using shared = new SharedThings()
  await using outputs = new SpillingOutputStore({ directory: work.directory })
  const look = (onItem: (item: Item) => Promise<void>): Promise<void> =>
    runProbe(
      { clock: systemClock, outputs },
      {
        checks,
        connector: here(),
        signal: new AbortController().signal,
        shared,
        secret: () => Promise.reject(new Error('there are no secrets here')),
        endpoints: work.concurrency,
        hosts: work.concurrency,
        onItem,
      },
    )
  for await (const line of createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await run(Number(line), look))}\n`)
  }
}

async function run(rounds: number, look: (onItem: (item: Item) => Promise<void>) => Promise<void>): Promise<EngineRun> {
  const times: number[] = []
  const failures = new Set<string>()
  const cost = await costOf(async () => {
    for (let round = 0; round < rounds; round++) {
      await look(async ({ verdict, message = '', metrics }) => {
        if (verdict !== 'pass') failures.add(message)
        if (metrics?.total_seconds !== undefined) times.push(metrics.total_seconds * 1000)
      })
    }
  })
  return { ...cost, times, failures: [...failures] }
}

function checkOf(name: string, params: Json): ProbedCheck {
  const check = http.build(params)
  return { name, type: 'http', check, sampling: samplingOf(check, 'http'), labels: {}, sla: 'P1', dependsOn: [], recoveries: 2 }
}

/** Endpoints are asked from this machine: nothing runs anywhere. */
function here(): Connector {
  const refuse = (): Promise<never> => Promise.reject(new Error('nothing runs here'))
  const ignore = async (): Promise<void> => undefined
  const connect = async (host: Host): Promise<Transport> => {
    return { host, run: refuse, put: refuse, get: refuse, [Symbol.asyncDispose]: ignore }
  }
  return { connect, login: connect, [Symbol.asyncDispose]: ignore }
}
