import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ResolvedHost } from '../../../src/lib/transport/ssh-config/resolved-host.ts'
import { loadSshConfig, type SshConfigWorld } from '../../../src/lib/transport/ssh-config/ssh-config.ts'
import { systemWorld } from '../../../src/lib/transport/ssh-config/system-world.ts'
import { type Dump, expectedLines, type KnownAlgorithms, parseDump, printedName } from './ssh-dump.ts'

/**
 * Configurations in a directory of their own, resolved by opsctl and by the real ssh. ssh takes ~ from the password database and not from HOME,
 * so ~/.ssh/config and /etc/ssh/ssh_config are out of reach here: everything is compared through -F. HOME does count for includes.
 */
export class ConfigBench {
  readonly #directory: string
  readonly #env: Readonly<Record<string, string | undefined>>
  readonly world: SshConfigWorld
  #known: KnownAlgorithms | undefined

  constructor(directory: string) {
    this.#directory = directory
    this.#env = { ...process.env, OPSCTL_TEST: '/var/opsctl-test', SHELL: '/bin/sh', HOME: directory }
    this.world = systemWorld({
      env: this.#env,
      lookup: async () => false,
      exec: async command => (await this.#run(['/bin/sh', '-c', command])).code === 0,
    })
  }

  /** Writes files into a directory of their own; `{DIR}` in them stands for it. */
  async place(name: string, files: Iterable<readonly [string, string]>): Promise<string> {
    const home = join(this.#directory, name.replace(/\W+/g, '-'))
    for (const [path, text] of files) {
      await mkdir(join(home, path, '..'), { recursive: true })
      await writeFile(join(home, path), text.replaceAll('{DIR}', home))
    }
    return home
  }

  async resolve(file: string, host: string): Promise<ResolvedHost | Error> {
    try {
      return await (await loadSshConfig({ only: file }, this.world)).resolve({ host }, new AbortController().signal)
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error))
    }
  }

  /** Says how opsctl and ssh differ on one host; nothing when they agree. */
  async differences(file: string, host: string, keywords: ReadonlySet<string>): Promise<string[]> {
    const real = await this.#run(['ssh', '-F', file, '-G', host])
    const ours = await this.resolve(file, host)
    if (ours instanceof Error) return real.code === 0 ? [`${file} ${host}: ssh accepts what opsctl refuses: ${ours.message}`] : []
    if (real.code !== 0) return [`${file} ${host}: ssh refuses what opsctl accepts: ${real.stderr}`]
    const dump = parseDump(real.stdout)
    this.#known ??= await this.#askForAlgorithms()
    const found: string[] = []
    for (const keyword of new Set([...keywords, 'hostname', 'user', 'port', 'proxyjump', 'proxycommand'])) {
      const expected = JSON.stringify(dump.get(printedName(keyword)) ?? [])
      const actual = JSON.stringify(expectedLines(ours, keyword, this.#known))
      if (actual !== undefined && expected !== actual) found.push(`${file} ${host} ${keyword}: ssh ${expected}, opsctl ${actual}`)
    }
    return found
  }

  async #askForAlgorithms(): Promise<KnownAlgorithms> {
    const queries = {
      ciphers: 'cipher',
      macs: 'mac',
      kexalgorithms: 'kex',
      hostkeyalgorithms: 'key-sig',
      pubkeyacceptedalgorithms: 'key-sig',
    }
    const supported = new Map<string, string[]>()
    for (const [keyword, query] of Object.entries(queries)) {
      supported.set(keyword, (await this.#run(['ssh', '-Q', query])).stdout.trim().split('\n'))
    }
    const defaults: Dump = parseDump((await this.#run(['ssh', '-F', 'none', '-G', 'host.example.org'])).stdout)
    return { defaults, supported }
  }

  async #run(argv: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    const child = Bun.spawn([...argv], { env: this.#env, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' })
    const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
    return { code: await child.exited, stdout, stderr }
  }
}
