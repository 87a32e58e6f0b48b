import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../../helpers/free-port.ts'
import { poll } from '../../helpers/poll.ts'

export interface Prober {
  readonly port: number
  /** `target` and `module` and whatever else there may be; seconds of the scrape. */
  probe(query: Readonly<Record<string, string>>, seconds?: number): Promise<{ readonly status: number; readonly body: string }>
}

export function proberAt(port: number): Prober {
  return {
    port,
    async probe(query, seconds = 5) {
      const answer = await fetch(`http://127.0.0.1:${port}/probe?${new URLSearchParams(query)}`, {
        headers: { 'X-Prometheus-Scrape-Timeout-Seconds': String(seconds) },
      })
      return { status: answer.status, body: await answer.text() }
    },
  }
}

/** The real one, with this configuration. */
export async function blackboxExporter(directory: string, config: string): Promise<Prober & AsyncDisposable> {
  const port = await freePort()
  const file = join(directory, `blackbox-${port}.yml`)
  await writeFile(file, config)
  const program = Bun.spawn(
    ['prometheus-blackbox-exporter', `--config.file=${file}`, `--web.listen-address=127.0.0.1:${port}`, '--log.level=error'],
    { stdin: 'ignore', stdout: 'ignore', stderr: 'ignore', env: { ...process.env, GOMAXPROCS: '2' } },
  )
  await poll('blackbox_exporter listens', 30_000, () =>
    fetch(`http://127.0.0.1:${port}/-/healthy`).then(
      answer => answer.ok,
      () => false,
    ),
  )
  return {
    ...proberAt(port),
    async [Symbol.asyncDispose]() {
      program.kill()
      await program.exited
    },
  }
}
