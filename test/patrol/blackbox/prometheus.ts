import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../../helpers/free-port.ts'
import { poll } from '../../helpers/poll.ts'

export interface Prometheus extends AsyncDisposable {
  /** An instant query: labels and value of each series. */
  query(expression: string): Promise<readonly { readonly metric: Readonly<Record<string, string>>; readonly value: number }[]>
}

/** The real one, with this configuration (JSON is YAML). */
export async function prometheus(directory: string, config: object): Promise<Prometheus> {
  const port = await freePort()
  const data = join(directory, 'prometheus')
  await mkdir(data)
  const file = join(directory, 'prometheus.yml')
  await writeFile(file, JSON.stringify(config))
  const address = `http://127.0.0.1:${port}`
  const program = Bun.spawn(
    [
      'prometheus',
      `--config.file=${file}`,
      `--storage.tsdb.path=${data}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { stdin: 'ignore', stdout: 'ignore', stderr: 'inherit', env: { ...process.env, GOMAXPROCS: '2' } },
  )
  await poll('Prometheus is ready', 60_000, () =>
    fetch(`${address}/-/ready`).then(
      answer => answer.ok,
      () => false,
    ),
  )
  return {
    async query(expression) {
      const answer = await fetch(`${address}/api/v1/query?${new URLSearchParams({ query: expression })}`)
      const { data } = (await answer.json()) as {
        data: { result: readonly { metric: Record<string, string>; value: readonly [number, string] }[] }
      }
      return data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }))
    },
    async [Symbol.asyncDispose]() {
      program.kill()
      await program.exited
    },
  }
}
