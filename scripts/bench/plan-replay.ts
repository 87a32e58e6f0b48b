import type { Connector } from '../../src/lib/core/context.ts'
import type { Host } from '../../src/lib/core/host.ts'
import type { Command, RunOptions, Transport } from '../../src/lib/core/transport.ts'
import { systemClock } from '../../src/lib/io/system-clock.ts'
import { FanOut } from '../../src/lib/run/fan-out.ts'
import { hostDirectory } from './plan-steps.ts'

interface Call {
  readonly command: Command
  readonly options: RunOptions
}

/** Notes what a change runs on each host, so that the same can be run again without the change. */
export class Replay implements Pick<Connector, 'connect'> {
  readonly #connector: Pick<Connector, 'connect'>
  readonly #directoryOf: (host: Host) => string
  readonly #calls = new Map<string, Call[]>()

  constructor(connector: Pick<Connector, 'connect'>, directoryOf: (host: Host) => string) {
    this.#connector = connector
    this.#directoryOf = directoryOf
  }

  async connect(host: Host, options: Parameters<Connector['connect']>[1]): Promise<Transport> {
    const transport = await this.#connector.connect(host, options)
    const directory = this.#directoryOf(host)
    return Object.assign(Object.create(transport) as Transport, {
      host,
      run: (command: Command, more: RunOptions) => {
        const call = { command: within(directory, command), options: more }
        this.#callsOf(host).push(call)
        return transport.run(call.command, call.options)
      },
    })
  }

  /** Forgets what was noted. */
  clear(): void {
    this.#calls.clear()
  }

  /** Commands of one host. */
  get commandsPerHost(): number {
    return Math.max(...[...this.#calls.values()].map(calls => calls.length))
  }

  /** The same commands over the same connections, on so many hosts at a time: no plan, no pre-image, no journal, no look at the answers but for the status. */
  async run(hosts: readonly Host[], concurrency: number): Promise<void> {
    const { signal } = new AbortController()
    const failed: string[] = []
    const fanOut = new FanOut<Host, string | undefined>({
      targets: hosts,
      concurrency,
      clock: systemClock,
      signal,
      maxFailures: 0,
      task: async host => {
        const transport = await this.#connector.connect(host, { signal })
        for (const { command, options } of this.#callsOf(host)) {
          const { code, stderr } = await transport.run(command, options)
          if (code !== 0) return `${host.name}: exit ${code} ${Buffer.from(stderr)}`
        }
        return undefined
      },
      skipped: host => `${host.name}: skipped`,
      isFailure: trouble => trouble !== undefined,
      onResult: trouble => void (trouble && failed.push(trouble)),
    })
    await fanOut.run()
    if (failed.length > 0) throw new Error(failed[0])
  }

  #callsOf({ name }: Host): Call[] {
    const calls = this.#calls.get(name) ?? []
    this.#calls.set(name, calls)
    return calls
  }
}

function within(directory: string, command: Command): Command {
  return 'argv' in command ? { argv: command.argv.map(word => word.replaceAll(hostDirectory, directory)) } : command
}
