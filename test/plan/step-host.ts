import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hostNamed } from '../../src/lib/core/host.ts'
import type { StepPlace } from '../../src/lib/core/plan.ts'
import type { Command, Transport } from '../../src/lib/core/transport.ts'
import { systemClock } from '../../src/lib/io/system-clock.ts'
import { LocalTransport } from '../../src/lib/transport/local.ts'
import { hostWith } from '../copy/toolbox.ts'
import { findProgram, type NeedName } from '../helpers/needs.ts'

/** What the steps need of a host, besides its shell. */
const tools = 'cat stat mv rm mkdir rmdir chmod chown cp touch ln readlink sync dd df tail env sha256sum'.split(' ')

/** Shells and tools that steps must work with. */
export const stepToolboxes: readonly { readonly name: string; readonly needs: readonly NeedName[]; readonly tools: Tools }[] = [
  { name: 'GNU tools and dash', needs: ['dash'], tools: [['sh', 'dash'], ...tools.map(tool => [tool, tool] as const)] },
  { name: 'GNU tools and bash', needs: ['bash'], tools: [['sh', 'bash'], ...tools.map(tool => [tool, tool] as const)] },
  { name: 'busybox alone', needs: ['busybox'], tools: ['sh', ...tools].map(tool => [tool, 'busybox'] as const) },
]
type Tools = readonly (readonly [string, string])[]

/** Where a step works in a test: no command longer than a minute. */
export function stepPlace(transport: Transport, signal: AbortSignal = new AbortController().signal): StepPlace {
  return {
    transport,
    clock: systemClock,
    signal,
    run(command, options = {}) {
      demandPlainScript(command)
      return transport.run(command, { signal, timeoutMs: 60_000, ...options })
    },
  }
}

/** Any login shell must be able to hand a script to sh: one line, nothing that csh replaces, nothing that fish reads differently. */
export function demandPlainScript(command: Command): void {
  const script = 'argv' in command ? command.argv.find(word => word.startsWith('printf "\\0opsctl')) : undefined
  const wrong = /[\n!]|\\\\/.exec(script ?? '')
  if (wrong) throw new Error(`a login shell would change '${script?.slice(Math.max(0, wrong.index - 20), wrong.index + 20)}'`)
}

export const toolboxHost = hostWith

/** This machine with all its programs. */
export function fullHost(env: Readonly<Record<string, string>> = {}): Transport {
  const path = `${process.env['PATH']}:/usr/sbin:/sbin`
  return new LocalTransport(hostNamed('web1', { via: 'local' }), { clock: systemClock, env: { LC_ALL: 'C', PATH: path, ...env } })
}

/** A host on which every program is counted, and the script with everything it started dies at the n-th: before it has run, or just after. */
export class MortalHost {
  readonly place: StepPlace
  readonly #directory: string

  private constructor(directory: string) {
    this.#directory = directory
    const env = { PATH: join(directory, 'bin'), LC_ALL: 'C' }
    this.place = stepPlace(new LocalTransport(hostNamed('web1', { via: 'local' }), { clock: systemClock, env }))
  }

  static async make(directory: string): Promise<MortalHost> {
    await mkdir(join(directory, 'bin'), { recursive: true })
    for (const tool of tools) {
      const file = join(directory, 'bin', tool)
      await writeFile(file, wrapper(directory, findProgram(tool) ?? tool))
      await chmod(file, 0o755)
    }
    await writeFile(join(directory, 'bin/sh'), `#!/bin/sh\nexec ${findProgram('dash')} "$@"\n`, { mode: 0o755 })
    const host = new MortalHost(directory)
    await host.dieAt(0, 'before')
    return host
  }

  /** 0 is never. */
  async dieAt(nth: number, when: 'before' | 'after'): Promise<void> {
    await writeFile(join(this.#directory, 'count'), '0\n')
    await writeFile(join(this.#directory, 'fate'), `${nth} ${when}\n`)
  }
}

/** Every command of opsctl is a process group of its own, so `kill 0` reaches all of it and nothing else. */
const wrapper = (directory: string, program: string): string => `#!/bin/sh
read -r count <${directory}/count; count=$((count + 1)); echo $count >${directory}/count
read -r nth when <${directory}/fate
if [ $count = $nth ] && [ $when = before ]; then kill -9 0; fi
if [ $count = $nth ]; then ${program} "$@"; kill -9 0; fi
exec ${program} "$@"
`

/** Everything below a directory that a change must bring back: kind, mode, owner, content, time of files, target of links. */
export function fingerprint(root: string): Record<string, string> {
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).sort()
  return Object.fromEntries(names.map(name => [name, entryPrint(join(root, name))]))
}

function entryPrint(path: string): string {
  const stat = lstatSync(path, { bigint: true })
  const owner = `${stat.mode.toString(8)} ${stat.uid}:${stat.gid}`
  if (stat.isSymbolicLink()) return `${owner} -> ${readlinkSync(path)}`
  if (!stat.isFile()) return owner
  return `${owner} ${stat.mtimeNs} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`
}
