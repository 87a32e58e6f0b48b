import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { hostNamed } from '../../src/lib/core/host.ts'
import type { Transport } from '../../src/lib/core/transport.ts'
import { systemClock } from '../../src/lib/io/system-clock.ts'
import { LocalTransport } from '../../src/lib/transport/local.ts'
import { findProgram, type NeedName } from '../helpers/needs.ts'

const common = 'cat find xargs stat mv rm mkdir chmod chown ln ls sed cmp df head tail wc readlink tr id sleep'.split(' ')

/** Which programs a host has: by name, what stands behind it. */
export const toolboxes: readonly {
  readonly name: string
  readonly needs: readonly NeedName[]
  readonly tools: readonly (readonly [string, string])[]
}[] = [
  { name: 'GNU tools and dash', needs: ['dash', 'tar'], tools: [['sh', 'dash'], ...same([...common, 'tar', 'sha256sum'])] },
  { name: 'GNU tools and bash', needs: ['bash', 'tar'], tools: [['sh', 'bash'], ...same([...common, 'tar', 'sha256sum'])] },
  {
    name: 'busybox alone',
    needs: ['busybox'],
    tools: ['sh', ...common, 'tar', 'sha256sum'].map(tool => [tool, 'busybox'] as const),
  },
  { name: 'no tar', needs: ['dash'], tools: [['sh', 'dash'], ...same([...common, 'sha256sum'])] },
  {
    name: 'openssl for sums',
    needs: ['dash', 'tar', 'openssl'],
    tools: [['sh', 'dash'], ...same([...common, 'tar', 'openssl'])],
  },
  {
    name: 'shasum for sums',
    needs: ['dash', 'tar', 'shasum'],
    tools: [['sh', 'dash'], ...same([...common, 'tar', 'shasum', 'perl'])],
  },
]

function same(names: readonly string[]): (readonly [string, string])[] {
  return names.map(name => [name, name] as const)
}

/** A host that is this machine with these programs and no others; its home is made below `directory`. */
export async function hostWith(
  tools: readonly (readonly [string, string])[],
  directory: string,
): Promise<Transport & { readonly home: string }> {
  const bin = join(directory, 'bin')
  const home = join(directory, 'home')
  await mkdir(bin, { recursive: true })
  await mkdir(home, { recursive: true })
  for (const [name, program] of tools) await symlink(findProgram(program) ?? `/missing/${program}`, join(bin, name))
  const transport = new LocalTransport(hostNamed('web1', { via: 'local' }), {
    clock: systemClock,
    env: { PATH: bin, HOME: home, LC_ALL: 'C' },
    cwd: home,
  })
  return Object.assign(transport, { home })
}
