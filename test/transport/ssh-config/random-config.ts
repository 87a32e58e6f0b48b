/** Seeded OpenSSH client configurations, with the tricks people use: includes, negation, quotes, tokens, commands. */
export interface RandomConfig {
  /** Path relative to a directory of its own to text; `{DIR}` stands for that directory. */
  readonly files: ReadonlyMap<string, string>
  readonly hosts: readonly string[]
  /** Lower-case names of all keywords that are set anywhere. */
  readonly keywords: ReadonlySet<string>
}

type Random = () => number

/** mulberry32 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const hosts = [
  'web1',
  'web2',
  'WEB1',
  'web1.example.org',
  'db-01.prod.example.org',
  'db-02',
  'bastion',
  '10.0.0.5',
  '10.0.0.15',
  'fd00::12',
  'x',
]
const patterns = [
  '*',
  'web*',
  'web?',
  'web1',
  'WEB1',
  '*.example.org',
  'db-*',
  'db-0?.*',
  '10.0.0.*',
  '10.0.0.?',
  'bastion',
  '*.prod.*',
  'fd00:*',
  '**',
]
const users = ['root', 'deploy', 'ops', 'web1']
const flags = [
  'BatchMode',
  'CheckHostIP',
  'IdentitiesOnly',
  'ForwardAgent',
  'ForwardX11',
  'HashKnownHosts',
  'PasswordAuthentication',
  'PubkeyAuthentication',
  'KbdInteractiveAuthentication',
  'ChallengeResponseAuthentication',
  'TCPKeepAlive',
  'ExitOnForwardFailure',
  'NoHostAuthenticationForLocalhost',
  'VisualHostKey',
  'GSSAPIAuthentication',
  'PermitLocalCommand',
  'KeepAlive',
  'StreamLocalBindUnlink',
  'CanonicalizeFallbackLocal',
]
const times = ['10', '1m', '1m30s', '2H', '0', '90S', '1m30']

/** Values of keywords that take more than yes and no, as they stand in a file. */
const values: Readonly<Record<string, readonly string[]>> = {
  AddressFamily: ['any', 'inet', 'inet6', 'INET'],
  BindAddress: ['10.0.0.1', '"::1"'],
  BindInterface: ['eth0'],
  CanonicalDomains: ['none', 'test.invalid'],
  CanonicalizeMaxDots: ['0', '2'],
  CanonicalizeHostname: ['no', 'false', 'yes'],
  CertificateFile: ['~/.ssh/id-cert.pub', '/etc/ssh/%h-cert.pub', '"/etc/my keys/cert"'],
  Ciphers: ['aes256-ctr,aes128-ctr', '+aes128-cbc', '-aes*-gcm@openssh.com', '^aes256-gcm@openssh.com'],
  Compression: ['yes', 'no'],
  ConnectTimeout: [...times, 'none'],
  ConnectionAttempts: ['1', '3', '07'],
  ControlMaster: ['no', 'auto', 'autoask', 'yes'],
  ControlPath: ['none', '/run/ssh/socket'],
  GlobalKnownHostsFile: ['/etc/ssh/known', 'none', '/etc/ssh/a /etc/ssh/b', '"/etc/ssh/with space" /x'],
  HostKeyAlgorithms: ['ssh-ed25519,rsa-sha2-512', '+ssh-rsa', '-ecdsa*', '^rsa-sha2-256', 'ecdsa-sha2-*'],
  HostKeyAlias: ['web-alias', 'Web-Alias', 'db'],
  HostName: ['%h.example.org', '10.1.2.3', 'real.example.org', '"%h"', '10.1', 'FD00::0:1', 'UPPER.example.org', '100%%h'],
  IdentityAgent: ['none', 'SSH_AUTH_SOCK', '/run/agent-%r@%h.sock', '~/agent.%n', '${OPSCTL_TEST}/agent', '$OPSCTL_TEST'],
  IdentityFile: [
    '~/.ssh/id_a',
    '~/.ssh/id_b',
    '/keys/%r@%h',
    '"/with space/key"',
    'none',
    '~/.ssh/id_%C',
    '/with\\ escape/key',
    "'/single quoted'",
  ],
  IgnoreUnknown: ['UseKeychain,Madeup*', 'madeup'],
  KexAlgorithms: ['curve25519-sha256', '+diffie-hellman-group14-sha1', '-ecdh*', '^ecdh-sha2-nistp256'],
  LocalCommand: ['echo "a  b" # no comment', 'none'],
  LogLevel: ['ERROR', 'verbose', 'DEBUG1', 'Debug3'],
  MACs: ['hmac-sha2-256', '-umac*', '+hmac-sha1-96'],
  NumberOfPasswordPrompts: ['1', '5'],
  Port: ['22', '2222', '"2200"', '65535'],
  PreferredAuthentications: ['publickey', 'publickey,password'],
  ProxyCommand: ['none', 'nc %h %p', 'ssh -W "[%h]:%p" gate', 'NONE'],
  ProxyJump: [
    'gate',
    'ops@gate:2222',
    'none',
    'one,two@gate:22',
    'ssh://ops@gate:2222',
    '[fd00::1]:2222',
    '10.9.9.9',
    'gate # the way in',
  ],
  PubkeyAcceptedAlgorithms: ['ssh-ed25519', '+ssh-rsa'],
  RemoteCommand: ['uptime', 'none'],
  RequestTTY: ['force', 'no', 'auto'],
  RequiredRSASize: ['2048'],
  RevokedHostKeys: ['/etc/ssh/revoked', 'none'],
  SendEnv: ['LANG LC_*', 'FOO', '-LC_*', 'A B C', '-*'],
  ServerAliveCountMax: ['2', '0'],
  ServerAliveInterval: times,
  SessionType: ['default', 'none'],
  SetEnv: ['A=1 B=2', 'A=3', '"GREETING=hello world"', 'A=1 A=2', 'E='],
  StrictHostKeyChecking: ['yes', 'no', 'off', 'ask', 'accept-new', 'TRUE'],
  Tunnel: ['no', 'ethernet', 'yes'],
  UpdateHostKeys: ['yes', 'no'],
  User: [...users, '"deploy"', "'o p s'"],
  UserKnownHostsFile: [
    '~/.ssh/known_a ~/.ssh/known_b',
    '/dev/null',
    'none',
    '"~/.ssh/known %h"',
    '~/.ssh/${OPSCTL_TEST}',
    '/k/%k',
  ],
  VerifyHostKeyDNS: ['no', 'ask'],
  XAuthLocation: ['/usr/bin/xauth'],
}
/** What OpenSSH refuses; seldom used. */
const mistakes = [
  'Prot 22',
  'Port 0',
  'Port 70000',
  'Port',
  'User "open',
  'ConnectTimeout 5x',
  'BatchMode maybe',
  'Match',
  'Match nonsense x',
  'Match host',
  'Port 22 23',
  'Match all host x',
  'Compression true',
  'ProxyJump a b@:c',
  'UserKnownHostsFile a none',
  'SetEnv FOO',
  'SendEnv A=B',
  'Include ""',
  'Host ""',
  'IdentityFile',
  'madeupoption yes',
  'HostName %x',
  'UserKnownHostsFile ${OPSCTL_NOT_SET}',
  'ConnectionAttempts 0',
  'Match exec "true %z"',
  'LogLevel loud',
  'Match all extra',
]

export function randomConfig(seed: number): RandomConfig {
  const random = seededRandom(seed)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const chance = (share: number): boolean => random() < share
  const several = <T>(most: number, make: () => T): T[] => Array.from({ length: 1 + Math.floor(random() * most) }, make)
  const keywords = new Set<string>()
  const files = new Map<string, string>()

  const spell = (keyword: string): string => (chance(0.2) ? keyword.toLowerCase() : chance(0.1) ? keyword.toUpperCase() : keyword)
  const gap = (): string => pick([' ', ' ', ' ', '  ', '\t', '=', ' = ', ' ='])
  const indent = (): string => pick(['', '  ', '\t', '    '])
  const negatable = (word: string, share: number): string => (chance(share) ? `!${word}` : word)
  const end = (): string => pick(['', '', '', '', ' ', '\t', '\r'])
  const freeForm = new Set(['LocalCommand', 'ProxyCommand', 'RemoteCommand', 'ProxyJump'])

  function setting(): string {
    const isFlag = chance(0.25)
    const keyword = isFlag ? pick(flags) : pick(Object.keys(values))
    keywords.add(keyword.toLowerCase())
    const value = isFlag ? pick(['yes', 'no', 'true', 'false', 'Yes', '"no"']) : pick(values[keyword] ?? [])
    const comment = !freeForm.has(keyword) && chance(0.1) ? ' # note' : ''
    return `${indent()}${spell(keyword)}${gap()}${value}${comment}${end()}`
  }

  function hostLine(): string {
    const words = several(3, () => {
      const word = negatable(pick(patterns), 0.2)
      return chance(0.1) ? `"${word}"` : word
    })
    return `${pick(['Host', 'host', 'HOST'])}${gap()}${words.join(pick([' ', '  ', '\t']))}`
  }

  function criterion(): string {
    const list = (words: readonly string[]): string => several(3, () => negatable(pick(words), 0.2)).join(',')
    switch (pick(['host', 'originalhost', 'user', 'localuser', 'exec', 'exec', 'canonical', 'final'])) {
      case 'host':
        return `${negatable('host', 0.2)} ${list([...patterns, 'real.example.org', '10.1.2.3'])}`
      case 'originalhost':
        return `${negatable('originalhost', 0.2)} ${list(patterns)}`
      case 'user':
        return `${negatable('User', 0.2)} ${list([...users, '*'])}`
      case 'localuser':
        return `${negatable('localuser', 0.2)}${pick([' ', '='])}${pick(['root', 'nobody', 'r*', 'root,ops'])}`
      case 'canonical':
        return negatable('canonical', 0.3)
      case 'final':
        return negatable('final', 0.3)
      default: {
        const command = pick([
          'true',
          'false',
          'test %h = web1',
          "test '%n' = web1",
          'test %p = 22',
          "expr '%r' : root",
          'test %u = root',
          'test %k%L%l != x',
          'test %i = 0',
          'test -d %d',
        ])
        return `${negatable('exec', 0.3)} ${command.includes(' ') ? `"${command}"` : command}`
      }
    }
  }

  const matchLine = (): string => (chance(0.15) ? `Match ${negatable('all', 0.1)}` : `Match ${several(3, criterion).join(' ')}`)

  function includeLine(depth: number): string {
    const name = `part${files.size}.conf`
    files.set(name, '')
    files.set(name, text(depth + 1))
    return `${indent()}Include${gap()}${pick([`{DIR}/${name}`, `"{DIR}/${name}"`, `{DIR}/${name.replace(/\d+/, '*')}`, `{DIR}/none*.conf {DIR}/${name}`])}`
  }

  function text(depth: number): string {
    const lines: string[] = []
    for (const _ of several(depth === 0 ? 6 : 3, () => 0)) {
      if (chance(0.8)) lines.push(chance(0.65) ? hostLine() : matchLine())
      if (chance(0.15)) lines.push(pick(['# a comment', '', '   ', '\t# indented comment']))
      if (depth < 2 && chance(0.2) && files.size < 4) lines.push(includeLine(depth))
      lines.push(...several(5, setting))
    }
    if (chance(0.03)) lines.splice(Math.floor(random() * lines.length), 0, pick(mistakes))
    if (chance(0.04)) lines.splice(0, 0, 'IgnoreUnknown madeup*', 'MadeUpOption one two')
    return `${lines.join('\n')}${chance(0.8) ? '\n' : ''}`
  }

  files.set('config', '')
  files.set('config', text(0))
  return { files, hosts: [pick(hosts), pick(hosts)], keywords }
}
