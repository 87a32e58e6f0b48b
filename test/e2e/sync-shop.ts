import { expect } from 'bun:test'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { opsctl } from '../helpers/opsctl.ts'
import { type TempDir, tempDir } from '../helpers/temp-dir.ts'

/** A shop whose configuration is in files, on this machine alone: `root` stands for the host. */
export class Shop implements AsyncDisposable {
  readonly #directory: TempDir

  private constructor(directory: TempDir) {
    this.#directory = directory
  }

  static async open(more = ''): Promise<Shop> {
    const shop = new Shop(await tempDir())
    await mkdir(shop.at('root/etc'), { recursive: true })
    await shop.write('config/nginx/workers', '4\n')
    await shop.write('config/app.json', '{ "port": 8080, "name": "shop" }\n')
    await shop.write('nginx.liquid', '# {{ host.name }}\nworker_processes {{ config.nginx.workers }};\n')
    await shop.write(
      'app.schema.json',
      '{ "properties": { "port": { "type": "integer", "maximum": 9000 } }, "required": ["port"] }',
    )
    await shop.write(
      'sync.yaml',
      `name: the shop
source: { file: { path: config, poll: 50ms } }
targets: localhost
files:
  - id: nginx
    template: nginx.liquid
    to: ${shop.at('root/etc/nginx.conf')}
    mode: "0640"
    validate: [grep, -qx, "worker_processes [0-9]*;", "{}"]
    run: ${JSON.stringify(`echo reloaded >> ${shop.at('root/log')}`)}
  - id: app
    from: app.json
    to: ${shop.at('root/etc/app.json')}
    format: json
    schema: app.schema.json
policy:
  - { that: "change.files.all(f, f.path.startsWith('${shop.at('root')}'))", message: only below the root }
  - { that: "change.files.exists(f, f.id == 'app' && f.data.port > 1024)", message: no privileged ports }
${more}`,
    )
    return shop
  }

  at(...parts: readonly string[]): string {
    return join(this.#directory.path, ...parts)
  }

  async write(name: string, content: string): Promise<void> {
    await mkdir(dirname(this.at(name)), { recursive: true })
    await writeFile(this.at(name), content)
  }

  read(name: string): Promise<string> {
    return readFile(this.at(name), 'utf8').catch(() => '')
  }

  args(verb: string, ...args: readonly string[]): string[] {
    return ['--state-dir', this.at('state'), 'sync-config', verb, '-f', this.at('sync.yaml'), ...args]
  }

  run(verb: string, ...args: readonly string[]) {
    return opsctl(this.args(verb, ...args), { deadlineMs: 60_000 })
  }

  async apply(): Promise<string> {
    const { code, stdout, stderr } = await this.run('apply', '--yes', '-o', 'json')
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.any(String) })
    return JSON.parse(stdout).runId
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve(this.#directory[Symbol.asyncDispose]())
  }
}
