import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hashedName } from '../../../src/lib/transport/known-hosts/host-line.ts'
import { type HostName, KnownHosts } from '../../../src/lib/transport/known-hosts/known-hosts.ts'
import { systemStore } from '../../../src/lib/transport/known-hosts/system-store.ts'
import { needs } from '../../helpers/needs.ts'
import { type HostKeyType, makeKey } from '../../helpers/ssh-key.ts'
import { InetdSshd } from './inetd-sshd.ts'

const hasSshd = needs('ssh', 'sshd', 'ssh-keygen', 'root')
let directory = ''
const sshd: Record<string, InetdSshd> = {}
/** `type base64` by name. */
const keys: Record<string, string> = {}

beforeAll(async () => {
  if (!hasSshd) return
  directory = await mkdtemp(join(tmpdir(), 'opsctl-known-hosts-'))
  for (const [name, type] of [
    ['ed25519', 'ed25519'],
    ['ecdsa', 'ecdsa'],
    ['rsa', 'rsa'],
    ['other', 'ed25519'],
    ['other-rsa', 'rsa'],
  ] satisfies [string, HostKeyType][]) {
    keys[name] = await makeKey(join(directory, name), type)
  }
  const hostKey = (name: string): string => `HostKey ${directory}/${name}`
  sshd['one'] = await InetdSshd.configure(directory, 'one', [hostKey('ed25519')])
  sshd['three'] = await InetdSshd.configure(directory, 'three', [hostKey('rsa'), hostKey('ecdsa'), hostKey('ed25519')])
}, 60_000)
afterAll(() => rm(directory, { recursive: true, force: true }))

const salt = Buffer.alloc(20, 7)
const hash = (name: string): string => hashedName(name, salt)
/** The algorithms OpenSSH 9.2 offers by default, without certificates and security keys. */
const offered = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
]
const keyTypes: Readonly<Record<string, string>> = {
  'ssh-ed25519': 'ed25519',
  'ecdsa-sha2-nistp256': 'ecdsa',
  'rsa-sha2-512': 'rsa',
  'rsa-sha2-256': 'rsa',
}
const blobOf = (name: string): Buffer => Buffer.from(keys[name]?.split(' ')[1] ?? '', 'base64')

interface Case {
  /** `{ed25519}` and the like stand for keys, `{hash:NAME}` for a hashed name. */
  readonly known: string
  readonly global?: string
  readonly revoked?: string
  readonly host?: string
  readonly port?: number
  readonly alias?: string
  /** Which sshd; `one` has ed25519 alone. */
  readonly server?: 'one' | 'three'
  readonly expect: 'known' | 'unknown' | 'changed' | 'revoked'
}

const cases: Readonly<Record<string, Case>> = {
  'nothing is known': { known: '', expect: 'unknown' },
  'the key is known': { known: 'web1.example.org {ed25519}', expect: 'known' },
  'another key of the type is known': { known: 'web1.example.org {other}', expect: 'changed' },
  'a key of another type alone is known': { known: 'web1.example.org {other-rsa}', expect: 'changed' },
  'the key and another one are known': { known: 'web1.example.org {other}\nweb1.example.org {ed25519}', expect: 'known' },
  'the key is that of another host': { known: 'web2.example.org {ed25519}', expect: 'unknown' },
  'names in a list': { known: 'web0,web1.example.org,10.0.0.1 {ed25519}', expect: 'known' },
  'names with a trailing comma': { known: 'web1.example.org, {ed25519}', expect: 'known' },
  'a pattern': { known: '*.example.org {ed25519}', expect: 'known' },
  'a pattern with question marks': { known: 'web?.example.org {ed25519}', expect: 'known' },
  'a pattern and its exception': { known: '*.example.org,!web1.example.org {ed25519}', expect: 'unknown' },
  'an exception before the pattern': { known: '!web1.*,*.example.org {ed25519}', expect: 'unknown' },
  'an exception for another host': { known: '*.example.org,!web2.example.org {ed25519}', expect: 'known' },
  'an exception alone': { known: '!web2.example.org {ed25519}', expect: 'unknown' },
  'a name in capitals on the line': { known: 'WEB1.Example.ORG {ed25519}', expect: 'known' },
  'a name in capitals as typed': { known: 'web1.example.org {ed25519}', host: 'WEB1.example.ORG', expect: 'known' },
  'a hashed name': { known: '{hash:web1.example.org} {ed25519}', expect: 'known' },
  'a hashed name with another key': { known: '{hash:web1.example.org} {other}', expect: 'changed' },
  'a hash of another name': { known: '{hash:web2.example.org} {ed25519}', expect: 'unknown' },
  'a hash of an unknown kind': { known: '|2|AAAA|BBBB {ed25519}', expect: 'unknown' },
  'a hash with a short salt': { known: '|1|AAAA|BBBB {ed25519}', expect: 'unknown' },
  'a port': { known: '[web1.example.org]:2222 {ed25519}', port: 2222, expect: 'known' },
  'another port': { known: '[web1.example.org]:2200 {ed25519}', port: 2222, expect: 'unknown' },
  'a port other than 22, known without it': { known: 'web1.example.org {ed25519}', port: 2222, expect: 'known' },
  'a port other than 22, another key known without it': { known: 'web1.example.org {other}', port: 2222, expect: 'unknown' },
  'a port other than 22, another key known with it, the key without': {
    known: '[web1.example.org]:2222 {other}\nweb1.example.org {ed25519}',
    port: 2222,
    expect: 'changed',
  },
  'port 22 in brackets': { known: '[web1.example.org]:22 {ed25519}', expect: 'unknown' },
  'a hashed name with port': { known: '{hash:[web1.example.org]:2222} {ed25519}', port: 2222, expect: 'known' },
  'a pattern of ports': { known: '[*.example.org]:* {ed25519}', port: 2222, expect: 'known' },
  'an alias': { known: 'the-alias {ed25519}', alias: 'the-alias', expect: 'known' },
  'an alias in capitals': { known: 'the-alias {ed25519}', alias: 'The-Alias', expect: 'known' },
  'an alias has no port': { known: 'the-alias {ed25519}', alias: 'the-alias', port: 2222, expect: 'known' },
  'an alias hides the name': { known: 'web1.example.org {ed25519}', alias: 'the-alias', expect: 'unknown' },
  'an alias with port hides the name without port': {
    known: 'web1.example.org {ed25519}',
    alias: 'the-alias',
    port: 2222,
    expect: 'unknown',
  },
  'an address': { known: '10.0.0.1 {ed25519}', host: '10.0.0.1', expect: 'known' },
  'an IPv6 address with port': { known: '[fd00::1]:2222 {ed25519}', host: 'fd00::1', port: 2222, expect: 'known' },
  'a revoked key': { known: '@revoked web1.example.org {ed25519}', expect: 'revoked' },
  'a revoked key that is known too': { known: 'web1.example.org {ed25519}\n@revoked * {ed25519}', expect: 'revoked' },
  'a revoked key of another host': { known: 'web1.example.org {ed25519}\n@revoked web2.example.org {ed25519}', expect: 'known' },
  'another key is revoked': { known: 'web1.example.org {ed25519}\n@revoked * {other}', expect: 'known' },
  'another key is revoked and nothing known': { known: '@revoked * {other}', expect: 'unknown' },
  'a revoked key with hashed name': {
    known: 'web1.example.org {ed25519}\n@revoked {hash:web1.example.org} {ed25519}',
    expect: 'revoked',
  },
  'a key that RevokedHostKeys names': {
    known: 'web1.example.org {ed25519}',
    revoked: '# stolen\n\n{ed25519} root@web1',
    expect: 'revoked',
  },
  'another key in RevokedHostKeys': { known: 'web1.example.org {ed25519}', revoked: '{other}\n{other-rsa}', expect: 'known' },
  'an unknown marker': { known: '@trusted web1.example.org {ed25519}', expect: 'unknown' },
  'two markers': { known: '@revoked @revoked web1.example.org {ed25519}', expect: 'unknown' },
  'a marker alone': { known: '@revoked\nweb1.example.org {ed25519}', expect: 'known' },
  'a comment behind the key': { known: 'web1.example.org {ed25519} root@web1 # note', expect: 'known' },
  'tabs and blanks': { known: ' \tweb1.example.org \t {ed25519} ', expect: 'known' },
  'carriage returns': { known: 'web1.example.org {ed25519}\r\n', expect: 'known' },
  'comments and empty lines': { known: '# web1.example.org {other}\n\n  # x\nweb1.example.org {ed25519}', expect: 'known' },
  'a line without key': { known: 'web1.example.org\nweb1.example.org ssh-ed25519\nweb1.example.org {ed25519}', expect: 'known' },
  'a line with a broken key': { known: 'web1.example.org ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA', expect: 'unknown' },
  'a line whose type is not that of the key': {
    known: 'web1.example.org ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIGFrF8oX3FhY3p2xWJfTqK2kR7nqB1jL0o9Wb9vJq8Lm',
    expect: 'unknown',
  },
  'a line with an unknown type': { known: 'web1.example.org ssh-future AAAA', expect: 'unknown' },
  'an old line of protocol 1': { known: 'web1.example.org 1024 35 1234567', expect: 'unknown' },
  'no newline at the end of the first of two files': {
    known: 'web2 {ed25519}',
    global: 'web1.example.org {ed25519}',
    expect: 'known',
  },
  'known to the machine, another key known to the user': {
    known: 'web1.example.org {other}',
    global: 'web1.example.org {ed25519}',
    expect: 'known',
  },
  'revoked by the machine, known to the user': {
    known: 'web1.example.org {ed25519}',
    global: '@revoked * {ed25519}',
    expect: 'revoked',
  },
  'of three keys the known one is asked for': { known: 'web1.example.org {rsa}', server: 'three', expect: 'known' },
  'of three keys the best known one is asked for': {
    known: 'web1.example.org {rsa}\nweb1.example.org {ecdsa}',
    server: 'three',
    expect: 'known',
  },
  'of three keys the best is asked for when none is known': { known: '', server: 'three', expect: 'unknown' },
  'a known key of the best type decides, though another would fit': {
    known: 'web1.example.org {other}\nweb1.example.org {rsa}',
    server: 'three',
    expect: 'changed',
  },
  'a revoked key does not count as known type': { known: '@revoked * {rsa}', server: 'three', expect: 'unknown' },
}

const fill = (text: string): string =>
  text
    .replace(/\{hash:([^}]+)\}/g, (_, name: string) => hash(name))
    .replace(/\{([\w-]+)\}/g, (whole, name: string) => keys[name] ?? whole)

describe.skipIf(!hasSshd)('judges host keys as ssh does:', () => {
  for (const [
    name,
    { known, global = '', revoked, host = 'web1.example.org', port = 22, alias, server = 'one', expect: expected },
  ] of Object.entries(cases)) {
    test(name, async () => {
      const file = (kind: string): string => join(directory, `${name.replace(/\W+/g, '-')}.${kind}`)
      await writeFile(file('user'), fill(known))
      await writeFile(file('global'), fill(global))
      if (revoked !== undefined) await writeFile(file('revoked'), `${fill(revoked)}\n`)
      const options = [
        `UserKnownHostsFile=${file('user')}`,
        `GlobalKnownHostsFile=${file('global')}`,
        `Port=${port}`,
        'HostKeyAlgorithms=-*cert*,sk-*',
      ]
      if (alias !== undefined) options.push(`HostKeyAlias=${alias}`)
      if (revoked !== undefined) options.push(`RevokedHostKeys=${file('revoked')}`)
      const real = await sshd[server]?.ask(host, options)
      const hosts = await KnownHosts.load(
        { files: [file('user'), file('global')], revoked: revoked === undefined ? undefined : file('revoked') },
        systemStore(),
      )
      const subject: HostName = { host, port, hostKeyAlias: alias }
      const present = hosts.algorithmsFor(subject, offered).filter(algorithm => server === 'three' || algorithm === 'ssh-ed25519')
      const algorithm = present.find(candidate => keyTypes[candidate])
      const verdict = hosts.check(subject, blobOf(keyTypes[algorithm ?? ''] ?? ''))
      expect({ status: real?.status, algorithm: real?.algorithm }).toEqual({ status: expected, algorithm: algorithm ?? '' })
      expect(verdict.status).toBe(expected)
    })
  }
})
