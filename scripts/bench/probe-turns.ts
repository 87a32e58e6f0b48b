import { Blackbox, blackboxProgram } from './blackbox.ts'
import { hasCheckHttp, runCheckHttp } from './check-http.ts'
import { EngineProcess } from './engine-process.ts'
import { type ProbeServers, type Speech, serverName, speeches } from './probe-servers.ts'
import { ProcessPeaks } from './process-peaks.ts'

export const probers = ['opsctl, fresh connections', 'opsctl, kept connections', 'blackbox_exporter', 'check_http'] as const
export type Prober = (typeof probers)[number]

/** What a turn of a prober cost. */
export interface Turn {
  readonly probesPerS: number
  /** For 1,000 probes, with everything that the prober starts. */
  readonly cpuS: number
  /** Of every probe, milliseconds. */
  readonly times: readonly number[]
  readonly rssMiB: number
  /** Open files at a time, at most; unknown of many short processes. */
  readonly files: number | undefined
  readonly failures: readonly string[]
}

/** A prober with what it probes, ready for turns. */
export interface ProbeCase extends AsyncDisposable {
  readonly prober: Prober
  readonly speech: Speech
  /** Turns before those that count, until what is compiled and connected once is. */
  readonly warmUps: number
  turn(): Promise<Turn>
}

export interface ProbeTurns {
  readonly servers: ProbeServers
  readonly targets: number
  readonly concurrency: number
  /** Only these probers. */
  readonly wanted: (prober: Prober) => boolean
}

/** Looks at every target in one turn: a handshake costs as much as ten looks without. */
const roundsOf = (speech: Speech): number => (speech === 'HTTP' ? 4 : 2)

/** The runtime's compiler is at work until then, for a second of CPU in all: a patrol has that behind it after its first minutes. */
const looksUntilCompiled = 24_000

/** Every prober that is there with every kind of target. */
export async function probeCases(turns: ProbeTurns): Promise<ProbeCase[]> {
  const cases: ProbeCase[] = []
  for (const speech of speeches) {
    for (const prober of probers.filter(turns.wanted)) {
      if (prober === 'blackbox_exporter') {
        if (blackboxProgram !== undefined) cases.push(await blackboxCase(speech, turns))
      } else if (prober === 'check_http') {
        if (hasCheckHttp()) cases.push(checkHttpCase(speech, turns))
      } else cases.push(engineCase(prober, speech, turns))
    }
  }
  return cases
}

function engineCase(prober: Prober, speech: Speech, { servers, targets, concurrency }: ProbeTurns): ProbeCase {
  const tls = speech === 'HTTP' ? {} : { ca: servers.authority, server_name: serverName }
  const { directory } = servers
  const params = { keep_alive: prober === 'opsctl, kept connections', ...tls }
  const engine = new EngineProcess({ urls: servers.urls(speech, targets), params, concurrency, directory })
  return {
    ...{ prober, speech, warmUps: Math.ceil(looksUntilCompiled / (roundsOf(speech) * targets)) },
    async turn() {
      using peaks = new ProcessPeaks(engine.pid)
      const { wallS, cpuS, times, failures } = await engine.run(roundsOf(speech))
      const { length } = times
      return {
        probesPerS: length / wallS,
        cpuS: (cpuS / length) * 1000,
        times,
        rssMiB: peaks.rssMiB,
        files: peaks.files,
        failures,
      }
    },
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  }
}

async function blackboxCase(speech: Speech, { servers, targets, concurrency }: ProbeTurns): Promise<ProbeCase> {
  const blackbox = await Blackbox.start(servers)
  const urls = servers.urls(speech, targets)
  return {
    ...{ prober: 'blackbox_exporter', speech, warmUps: 1 },
    async turn() {
      using peaks = new ProcessPeaks(blackbox.pid)
      const before = peaks.cpuS
      const { wallS, times, failures } = await blackbox.run(urls, { rounds: roundsOf(speech), concurrency })
      const cpuS = ((peaks.cpuS - before) / times.length) * 1000
      return { probesPerS: times.length / wallS, cpuS, times, rssMiB: peaks.rssMiB, files: peaks.files, failures }
    },
    [Symbol.asyncDispose]: () => blackbox[Symbol.asyncDispose](),
  }
}

function checkHttpCase(speech: Speech, { servers, targets }: ProbeTurns): ProbeCase {
  const urls = servers.urls(speech, targets)
  return {
    ...{ prober: 'check_http', speech, warmUps: 0 },
    async turn() {
      const { wallS, cpuS, times, rssMiB, failures } = await runCheckHttp(servers, urls, speech)
      const { length } = urls
      return { probesPerS: length / wallS, cpuS: (cpuS / length) * 1000, times, rssMiB, files: undefined, failures }
    },
    [Symbol.asyncDispose]: async () => {},
  }
}
