import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../helpers/free-port.ts'
import { findProgram } from '../helpers/needs.ts'
import { poll } from '../helpers/poll.ts'

export interface GettableAlert {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly startsAt: string
  readonly endsAt: string
  readonly generatorURL?: string
  readonly status: { readonly state: string }
}

/** Debian's Alertmanager on the loopback, without a cluster, that tells a webhook of groups by `team`. */
export class Alertmanager implements AsyncDisposable {
  readonly url: string
  readonly #process: Bun.Subprocess

  private constructor(url: string, process: Bun.Subprocess) {
    this.url = url
    this.#process = process
  }

  static async start(directory: string, { webhook }: { readonly webhook: string }): Promise<Alertmanager> {
    const port = await freePort()
    const file = join(directory, 'alertmanager.yml')
    const route = { receiver: 'hook', group_by: ['team'], group_wait: '100ms', group_interval: '500ms', repeat_interval: '1h' }
    const receivers = [{ name: 'hook', webhook_configs: [{ url: webhook, send_resolved: true }] }]
    await writeFile(file, JSON.stringify({ route, receivers }))
    const argv = [
      findProgram('prometheus-alertmanager') ?? '',
      `--config.file=${file}`,
      `--storage.path=${join(directory, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
    ]
    const process = Bun.spawn(argv, { stdout: 'ignore', stderr: 'ignore' })
    const url = `http://127.0.0.1:${port}`
    await poll('the Alertmanager is ready', 30_000, () =>
      fetch(`${url}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      ),
    )
    return new Alertmanager(url, process)
  }

  async alerts(): Promise<GettableAlert[]> {
    return (await fetch(`${this.url}/api/v2/alerts`)).json() as Promise<GettableAlert[]>
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill()
    await this.#process.exited
  }
}
