import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { errnoOf } from '../../../core/errno.ts'
import { NetError } from '../../../net/net-error.ts'
import type { TlsWish } from '../../../net/secure-stream.ts'
import { type TlsSettings, tlsVersions } from '../config/client-shape.ts'
import type { Look } from './look.ts'

/** What a tls_config asks for, with what is in its files now. @throws NetError `unreadable` */
export async function tlsTerms(look: Look, settings: TlsSettings): Promise<Omit<TlsWish, 'serverName'>> {
  const { ca, cert, key, insecure_skip_verify: insecure, min_version: least, max_version: most } = settings
  const [caText, certText, keyText] = await Promise.all([
    ca || textOf(look, settings.ca_file),
    cert || textOf(look, settings.cert_file),
    key?.secret || textOf(look, settings.key_file),
  ])
  return {
    ...(caText && { ca: caText }),
    ...(certText && { cert: certText }),
    ...(keyText && { key: keyText }),
    ...(least !== '' && { minVersion: tlsVersions[least] }),
    ...(most !== '' && { maxVersion: tlsVersions[most] }),
    insecure,
  }
}

/** What a secret of a configuration is: as it stands there, or in its file without the white space around it. Empty where there is none. */
export async function secretOf(look: Look, value: { readonly secret: string } | undefined, file: string): Promise<string> {
  const secret = value?.secret ?? (await textOf(look, file)).trim()
  if (secret !== '') look.secrets.add(secret)
  return secret
}

/** @throws NetError `unreadable` */
export async function textOf({ tools }: Look, file: string): Promise<string> {
  if (file === '') return ''
  try {
    return await readFile(resolve(tools.cwd, file), 'utf8')
  } catch (cause) {
    throw new NetError('unreadable', `could not read ${file}: ${errnoOf(cause) ?? cause}`, { phase: 'connect', cause })
  }
}
