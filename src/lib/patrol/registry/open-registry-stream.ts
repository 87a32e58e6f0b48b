import { hostname } from 'node:os'
import type { Context } from '../../core/context.ts'
import { OpsError } from '../../core/errors.ts'
import { readSecret } from '../../fleet/index.ts'
import type { ServeOptions } from '../options.ts'
import type { Reloader } from '../reloader.ts'
import type { Registry } from './registry.ts'
import type { RegistryStream } from './registry-stream.ts'

/** @throws OpsError E_USAGE for an address that is none, E_CONFIG for a password file that can not be read */
export async function openRegistryStream(
  context: Context,
  options: ServeOptions,
  { registry, reloader }: { readonly registry: Registry; readonly reloader: Reloader },
): Promise<RegistryStream | undefined> {
  const { registry: address, registryGroup, registryPasswordFile } = options
  if (address === undefined) return undefined
  const { clock, log } = context
  const url = URL.canParse(address) ? new URL(address) : undefined
  const stream = decodeURIComponent(url?.pathname.slice(1) ?? '')
  if (!url || !/^rediss?:$/.test(url.protocol) || stream === '' || url.password !== '') {
    throw new OpsError('E_USAGE', '--registry must be redis://HOST:PORT/STREAM, without a password', {
      hint: 'give a password with --registry-password-file',
    })
  }
  const { RegistryStream } = await import('./registry-stream.ts')
  return new RegistryStream({
    registry,
    reload: () => reloader.reload(),
    url: `${url.protocol}//${url.username ? `${url.username}@` : ''}${url.host}`,
    stream,
    group: registryGroup ?? `opsctl-${hostname()}`,
    ...(registryPasswordFile !== undefined && { password: await readSecret(context, { file: registryPasswordFile }) }),
    clock,
    log,
  })
}
