import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { errnoOf } from '../core/errno.ts'
import { NetError } from '../net/net-error.ts'
import type { StartTls } from '../net/tls/start-tls.ts'

const file = (what: string) => z.string().min(1).optional().describe(what)

/** Keys of every check that speaks TLS, in files. */
export const tlsFileKeys = {
  ca: file("PEM file with the authorities to trust, in place of the system's"),
  crl: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .optional()
    .describe('files with revocation lists, PEM or DER: the certificate must be in none, and the list of its issuer among them'),
  cert: file('PEM file with our certificate, and those above it'),
  key: file('PEM file with the key of our certificate'),
} satisfies z.ZodRawShape

interface TlsFiles {
  readonly ca?: string | undefined
  readonly crl?: string | readonly string[] | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
}

/** What is in them, read anew for every look: they are renewed while a daemon runs. @throws NetError `unreadable` */
export async function readTlsFiles({ ca, crl, cert, key }: TlsFiles): Promise<Pick<StartTls, 'ca' | 'crl' | 'cert' | 'key'>> {
  const texts = Object.entries({ ca, cert, key }).filter((entry): entry is [string, string] => entry[1] !== undefined)
  const read = await Promise.all(texts.map(async ([name, path]) => [name, (await contentOf(path)).toString()] as const))
  const lists = crl === undefined ? undefined : await Promise.all([crl].flat().map(contentOf))
  return { ...Object.fromEntries(read), ...(lists && { crl: lists }) }
}

async function contentOf(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (cause) {
    throw new NetError('unreadable', `could not read ${path}: ${errnoOf(cause) ?? cause}`, { phase: 'tls', cause })
  }
}
