import { createHmac } from 'node:crypto'
import { matchHostList } from '../../core/ssh-pattern.ts'
import { type PublicKey, readPublicKey } from './public-key.ts'

/** One line of a known_hosts file that names hosts; see sshd(8), SSH_KNOWN_HOSTS FILE FORMAT. */
export interface HostLine {
  readonly file: string
  /** One-based. */
  readonly line: number
  /** `authority`: keys of this CA vouch for host certificates. `revoked`: this key must never be accepted. */
  readonly marker: 'none' | 'authority' | 'revoked'
  /** Comma list of patterns, or a hash of one name. */
  readonly names: string
  /** Type and base64, as they are written. */
  readonly keyText: string
}

/** The lines of a file. Comments and lines that OpenSSH can not read either are left out; keys are not looked at yet. */
export function parseHostLines(text: string, file: string): HostLine[] {
  const lines: HostLine[] = []
  text.split('\n').forEach((content, index) => {
    const line = parseHostLine(content, { file, line: index + 1 })
    if (line) lines.push(line)
  })
  return lines
}

const markers: Readonly<Record<string, HostLine['marker']>> = {
  '': 'none',
  '@cert-authority': 'authority',
  '@revoked': 'revoked',
}

function parseHostLine(content: string, place: Pick<HostLine, 'file' | 'line'>): HostLine | undefined {
  const [, word = '', names, keyText] = /^[ \t]*(@[^ \t]*(?=[ \t]))?[ \t]*([^ \t#@][^ \t]*)[ \t]+([^#\s].*)$/s.exec(content) ?? []
  const marker = markers[word]
  return names === undefined || keyText === undefined || marker === undefined ? undefined : { ...place, marker, names, keyText }
}

/** The key of a line; undefined for what OpenSSH skips: unknown types, bad base64, a type that is not that of the key. */
export function keyOfLine({ keyText }: Pick<HostLine, 'keyText'>): PublicKey | undefined {
  const [type, encoded] = keyText.trim().split(/[ \t]+/)
  if (type === undefined || encoded === undefined || !/^[A-Za-z0-9+/]+={0,2}$/.test(encoded) || encoded.length % 4 !== 0)
    return undefined
  const key = readPublicKey(Buffer.from(encoded, 'base64'))
  return key?.type === (type.startsWith('rsa-sha2-') ? 'ssh-rsa' : type) ? key : undefined
}

export const isHashed = ({ names }: HostLine): boolean => names.startsWith('|')

/** The name a line stands for alone: hashed lines aside, most lines are lists of such names. */
export function plainNamesOf({ names }: HostLine): string[] | undefined {
  return /[*?!]/.test(names) ? undefined : names.toLowerCase().split(',')
}

/** A hashed name, taken apart. */
export interface NameHash {
  readonly salt: Buffer
  readonly digest: Buffer
}

/** What `|1|salt|digest` holds; undefined for a hash that OpenSSH does not know either. */
export function nameHashOf({ names }: HostLine): NameHash | undefined {
  const [, salt = '', digest = ''] = /^\|1\|([^|]+)\|([^|]+)$/.exec(names) ?? []
  const hash = { salt: Buffer.from(salt, 'base64'), digest: Buffer.from(digest, 'base64') }
  const isWhole = hash.salt.length === 20 && hash.digest.length === 20 && hash.digest.toString('base64') === digest
  return isWhole ? hash : undefined
}

/** True when a hash is that of a name, which is in lower case and in brackets with its port unless that is 22. */
export const hashFits = ({ salt, digest }: NameHash, name: string): boolean =>
  createHmac('sha1', salt).update(name).digest().equals(digest)

/** True when the patterns of a line fit a name. */
export const patternsFit = ({ names }: HostLine, name: string): boolean => matchHostList(name, names) === 'match'

/** A name as `HashKnownHosts` writes it: `|1|salt|HMAC-SHA1`. */
export function hashedName(name: string, salt: Buffer): string {
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`
}
