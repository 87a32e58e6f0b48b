import { accessSync, appendFileSync, constants, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'

interface Need {
  /** Debian package that brings it; absent where nothing can be installed. */
  readonly package?: string
  readonly present: () => boolean
}

const program = (name: string, debianPackage = name): Need => ({
  package: debianPackage,
  present: () => findProgram(name) !== undefined,
})

const rsyslogModule = (name: string, debianPackage: string): Need => ({
  package: debianPackage,
  present: () => readdirSync('/usr/lib').some(directory => existsSync(`/usr/lib/${directory}/rsyslog/${name}.so`)),
})

/** What tests may need of the machine. A test asks with `test.skipIf(!needs('sshd'))`; the set-up installs what some test asks for. */
export const needsTable = {
  root: { present: () => userInfo().uid === 0 },
  mount: { present: () => userInfo().uid === 0 && runs(['unshare', '--mount', 'true']) },
  netns: { package: 'iproute2', present: () => findProgram('ip') !== undefined && runs(['unshare', '--net', 'true']) },
  sshd: program('sshd', 'openssh-server'),
  ssh: program('ssh', 'openssh-client'),
  'ssh-agent': program('ssh-agent', 'openssh-client'),
  'ssh-keygen': program('ssh-keygen', 'openssh-client'),
  sudo: program('sudo'),
  sysctl: program('sysctl', 'procps'),
  nodeset: program('nodeset', 'clustershell'),
  clush: program('clush', 'clustershell'),
  pdsh: program('pdsh'),
  pssh: program('parallel-ssh', 'pssh'),
  ansible: program('ansible', 'ansible-core'),
  'ansible-inventory': program('ansible-inventory', 'ansible-core'),
  tmux: program('tmux'),
  script: program('script', 'bsdutils'),
  logger: program('logger', 'bsdutils'),
  grok: program('grok'),
  rsyslogd: program('rsyslogd', 'rsyslog'),
  'rsyslog-relp': rsyslogModule('imrelp', 'rsyslog-relp'),
  'rsyslog-gnutls': rsyslogModule('lmnsd_gtls', 'rsyslog-gnutls'),
  chromium: program('chromium'),
  bash: program('bash'),
  zsh: program('zsh'),
  fish: program('fish'),
  dash: program('dash'),
  busybox: program('busybox'),
  protoc: program('protoc', 'protobuf-compiler'),
  'bash-completion': { package: 'bash-completion', present: () => existsSync('/usr/share/bash-completion/bash_completion') },
  shellcheck: program('shellcheck'),
  dpkg: program('dpkg'),
  npm: { present: () => findProgram('npm') !== undefined && findProgram('node') !== undefined },
  debootstrap: program('debootstrap'),
  gcc: program('gcc'),
  'qemu-aarch64': program('qemu-aarch64-static', 'qemu-user-static'),
  'arm64-libc': { package: 'libc6-arm64-cross', present: () => existsSync('/usr/aarch64-linux-gnu/lib/ld-linux-aarch64.so.1') },
  'arm64-binutils': program('aarch64-linux-gnu-as', 'binutils-aarch64-linux-gnu'),
  'apt-get': { present: () => findProgram('apt-get') !== undefined },
  musl: { package: 'musl', present: () => existsSync('/lib/ld-musl-x86_64.so.1') },
  logrotate: program('logrotate'),
  jq: program('jq'),
  openssl: program('openssl'),
  shasum: program('shasum', 'perl'),
  git: program('git'),
  tar: program('tar'),
  man: program('man', 'man-db'),
  mandoc: program('mandoc'),
  groff: program('groff'),
  xmllint: program('xmllint', 'libxml2-utils'),
  python3: program('python3'),
  jsonschema: { package: 'python3-jsonschema', present: () => runs(['python3', '-c', 'import jsonschema']) },
  'node-exporter': program('prometheus-node-exporter'),
  'monitoring-plugins': {
    package: 'monitoring-plugins-basic',
    present: () => existsSync('/usr/lib/nagios/plugins/negate'),
  },
  'python3-prometheus-client': {
    package: 'python3-prometheus-client',
    present: () => existsSync('/usr/lib/python3/dist-packages/prometheus_client/openmetrics/parser.py'),
  },
  'python3-kubernetes': {
    package: 'python3-kubernetes',
    present: () => runs(['/usr/bin/python3', '-c', 'import kubernetes.client']),
  },
  journalctl: program('journalctl', 'systemd'),
  'journal-remote': {
    package: 'systemd-journal-remote',
    present: () => existsSync('/lib/systemd/systemd-journal-remote'),
  },
  'systemd-analyze': program('systemd-analyze', 'systemd'),
  promtool: program('promtool', 'prometheus'),
  prometheus: program('prometheus'),
  'blackbox-exporter': program('prometheus-blackbox-exporter'),
  prove: program('prove', 'perl'),
  strace: program('strace'),
  oscap: program('oscap', 'openscap-scanner'),
  'scap-content': { package: 'ssg-debian', present: () => existsSync('/usr/share/xml/scap/ssg/content/ssg-debian11-ds.xml') },
  etcd: program('etcd', 'etcd-server'),
  alertmanager: program('prometheus-alertmanager'),
  nginx: program('nginx'),
  curl: program('curl'),
  nft: program('nft', 'nftables'),
  dnsmasq: program('dnsmasq', 'dnsmasq-base'),
  ping: program('ping', 'iputils-ping'),
  redis: program('redis-server'),
  'redis-sentinel': program('redis-sentinel'),
  'nats-server': program('nats-server'),
  kcat: program('kcat'),
  rsyslog: program('rsyslogd', 'rsyslog'),
} satisfies Record<string, Need>

export type NeedName = keyof typeof needsTable

/** Where needs() notes what was missing; scripts/check.ts lists it at the end. */
export const missingFile = new URL('../../.tmp/missing.ndjson', import.meta.url).pathname

/**
 * Whether this machine has all of them. What is missing is noted with the asking test file;
 * with CI=true it throws instead, so that no test is skipped silently there.
 */
export function needs(...names: readonly NeedName[]): boolean {
  const missing = names.filter(name => !needsTable[name].present())
  if (missing.length === 0) return true
  const asking = /test\/[\w./-]+\.test\.ts/.exec(new Error().stack ?? '')?.[0] ?? 'a test'
  if (process.env['CI'] === 'true') throw new Error(`${asking} needs ${missing.join(', ')}`)
  mkdirSync(join(missingFile, '..'), { recursive: true })
  appendFileSync(missingFile, `${JSON.stringify({ file: asking, missing })}\n`)
  return false
}

/** Absolute path of a program, also in the administrator's directories, where a user's PATH has no sshd. */
export function findProgram(name: string): string | undefined {
  const directories = [...(process.env['PATH'] ?? '').split(':'), '/usr/local/sbin', '/usr/sbin', '/sbin']
  return directories.map(directory => join(directory, name)).find(isExecutable)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const runs = (argv: string[]): boolean =>
  Bun.spawnSync(argv, { stdin: 'ignore', stdout: 'ignore', stderr: 'ignore', timeout: 10_000 }).success
