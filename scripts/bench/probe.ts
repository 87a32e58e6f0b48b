import { blackboxProgram } from './blackbox.ts'
import { checkHttpProgram } from './check-http.ts'
import { figure, markdownTable, median, percentile, spread } from './figures.ts'
import { type Goal, tellGoals } from './goals.ts'
import { describeMachine, versionOf } from './machine.ts'
import type { BenchOptions } from './main.ts'
import { benchProbeHosts } from './probe-hosts.ts'
import { benchProbeOnce } from './probe-once.ts'
import { type ProbeServers, type Speech, speeches, startProbeServers } from './probe-servers.ts'
import { type ProbeCase, type Prober, probeCases, type Turn } from './probe-turns.ts'

const targets = 500
const concurrency = 100
/** Connections that opsctl keeps between looks. */
const idleCap = 512

interface Measured {
  readonly prober: Prober
  readonly speech: Speech
  readonly turns: readonly Turn[]
}

/** 500 web servers, 100 at a time: the engine of opsctl beside its peers; then the whole program, and host checks. */
export async function benchProbe(options: BenchOptions): Promise<boolean> {
  const versions = [
    ['nginx', '-v'],
    [blackboxProgram ?? '', '--version'],
    [checkHttpProgram, '--version'],
  ].map(versionOf)
  process.stdout.write(`${describeMachine()}\n${versions.filter(Boolean).join(' · ')}\n`)
  await using servers = await startProbeServers()
  const measured = await measureTurns(servers, options)
  process.stdout.write(
    `\n## ${targets} web servers, ${concurrency} at a time, ${options.rounds} rounds\n\n${tableOf(measured)}\n`,
  )
  const engine = tellGoals(goalsOf(measured))
  await benchProbeOnce(servers, { targets, concurrency, rounds: options.rounds })
  return (
    (await benchProbeHosts(options)) &&
    engine &&
    measured.every(({ turns }) => turns.every(({ failures }) => failures.length === 0))
  )
}

async function measureTurns(servers: ProbeServers, options: BenchOptions): Promise<Measured[]> {
  const wanted = (prober: Prober): boolean => options.tools?.some(tool => prober.startsWith(tool)) ?? true
  const cases = await probeCases({ servers, targets, concurrency, wanted })
  const turns = new Map<ProbeCase, Turn[]>(cases.map(one => [one, []]))
  try {
    for (const one of cases) for (let turn = 0; turn < one.warmUps; turn++) await one.turn()
    for (let round = 0; round < options.rounds; round++) {
      for (let index = 0; index < cases.length; index++) {
        // Another one begins in each round.
        const one = cases[(index + round) % cases.length]
        if (one === undefined) continue
        const turn = await one.turn()
        turns.get(one)?.push(turn)
        const { probesPerS, cpuS, failures } = turn
        const told = `${figure(probesPerS)} probes/s, ${figure(cpuS)} CPU s per 1,000`
        process.stderr.write(`round ${round + 1}, ${one.speech}, ${one.prober}: ${[told, ...failures.slice(0, 3)].join('; ')}\n`)
      }
    }
  } finally {
    for (const one of cases) await one[Symbol.asyncDispose]()
  }
  return cases.map(one => ({ prober: one.prober, speech: one.speech, turns: turns.get(one) ?? [] }))
}

function tableOf(measured: readonly Measured[]): string {
  const rows = measured.map(({ prober, speech, turns }) => {
    const times = turns.flatMap(turn => turn.times)
    const files = turns.map(turn => turn.files).filter(count => count !== undefined)
    return [
      `${speech}: ${prober}`,
      spread(turns.map(turn => turn.probesPerS)),
      ...[0.5, 0.99].map(share => figure(percentile(times, share))),
      spread(turns.map(turn => turn.cpuS)),
      Math.max(...turns.map(turn => turn.rssMiB)).toFixed(0),
      files.length > 0 ? String(Math.max(...files)) : '–',
    ]
  })
  return markdownTable(['', 'probes/s', 'P50 ms', 'P99 ms', 'CPU s per 1,000', 'RSS MiB', 'open files'], rows)
}

/**
 * Ratios are those of turns of the same round, so that a busy minute falls on both. blackbox_exporter connects for every probe, so it is
 * compared with fresh connections; what kept ones save is told besides.
 */
function goalsOf(measured: readonly Measured[]): Goal[] {
  const find = (prober: Prober, speech: Speech): readonly Turn[] =>
    measured.find(one => one.prober === prober && one.speech === speech)?.turns ?? []
  const ofBlackbox = (prober: Prober, speech: Speech, value: (turn: Turn) => number): number | undefined => {
    const peers = find('blackbox_exporter', speech)
    const ratios = find(prober, speech).flatMap((turn, round) => (peers[round] ? [value(turn) / value(peers[round])] : []))
    return ratios.length > 0 ? median(ratios) : undefined
  }
  const beside = (prober: Prober, speech: Speech, [rate, cpu]: readonly [rate: number, cpu: number]): Goal[] => {
    const text = `${speech}, ${prober === 'opsctl, kept connections' ? 'kept' : 'fresh'} connections:`
    return [
      {
        text: `${text} probes/s, times blackbox_exporter's`,
        value: ofBlackbox(prober, speech, turn => turn.probesPerS),
        least: rate,
      },
      { text: `${text} CPU, of blackbox_exporter's`, value: ofBlackbox(prober, speech, turn => turn.cpuS), most: cpu },
    ]
  }
  const files = (prober: Prober): number =>
    Math.max(...speeches.flatMap(speech => find(prober, speech).map(turn => turn.files ?? Number.NaN)))
  const p99 = median(find('opsctl, kept connections', 'HTTP').map(turn => percentile(turn.times, 0.99)))
  return [
    ...beside('opsctl, fresh connections', 'HTTP', [4, 0.2]),
    ...beside('opsctl, kept connections', 'HTTP', [4, 0.2]),
    ...beside('opsctl, fresh connections', 'TLS, RSA-2048', [1.2, 0.5]),
    ...beside('opsctl, fresh connections', 'TLS, EC P-256', [1.5, 0.5]),
    { text: 'HTTP, kept connections: P99 ms, median of rounds', value: p99, most: 27 },
    { text: 'open files, fresh connections', value: files('opsctl, fresh connections'), most: 216 },
    { text: 'open files, kept connections', value: files('opsctl, kept connections'), most: concurrency + idleCap + 20 },
  ]
}
