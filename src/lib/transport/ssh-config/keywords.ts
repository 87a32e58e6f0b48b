/**
 * Every keyword of ssh_config(5), and how its value is read. Values are kept in normal form: yes and no for flags, seconds for times.
 * Names of algorithms are not checked here: which of them exist depends on the version of OpenSSH the file was written for.
 */
export type ValueKind =
  /** One of some words; the value is the normal form. */
  | { readonly type: 'words'; readonly words: Readonly<Record<string, string>> }
  /** One word. */
  | { readonly type: 'word' }
  /** One name list, possibly with + - or ^ in front. */
  | { readonly type: 'algorithms' }
  | { readonly type: 'number' }
  | { readonly type: 'port' }
  | { readonly type: 'seconds' }
  /** yes, no, or the path of an agent's socket. */
  | { readonly type: 'agent'; readonly flag: boolean }
  /** The rest of the line as it is written. */
  | { readonly type: 'command' }
  | { readonly type: 'jump' }
  /** Several words, all from the first line that gives them; `none` stands alone. */
  | { readonly type: 'words-once' }
  /** One word a line; lines add up without repeats. */
  | { readonly type: 'each-line' }
  | { readonly type: 'send-env' }
  | { readonly type: 'set-env' }
  /** Accepted and kept as it is written: opsctl does not use it. */
  | { readonly type: 'unused' }
  /** Accepted and dropped, as OpenSSH does with what it no longer or never supports. */
  | { readonly type: 'dropped' }

export interface Keyword {
  /** What `ssh -G` prints: synonyms share one name. */
  readonly name: string
  readonly kind: ValueKind
}

const yesNo = { yes: 'yes', true: 'yes', no: 'no', false: 'no' }
const word = { type: 'word' } as const
const flag = { type: 'words', words: yesNo } as const
const words = (more: Readonly<Record<string, string>>): ValueKind => ({ type: 'words', words: { ...yesNo, ...more } })
const same = (...names: string[]): Record<string, string> => Object.fromEntries(names.map(name => [name, name]))
const algorithms = { type: 'algorithms' } as const
const seconds = { type: 'seconds' } as const
const number = { type: 'number' } as const
const command = { type: 'command' } as const
const wordsOnce = { type: 'words-once' } as const
const eachLine = { type: 'each-line' } as const
const levels = ['QUIET', 'FATAL', 'ERROR', 'INFO', 'VERBOSE', 'DEBUG', 'DEBUG2', 'DEBUG3']

const kinds: Readonly<Record<string, ValueKind>> = {
  addressfamily: { type: 'words', words: same('any', 'inet', 'inet6') },
  batchmode: flag,
  bindaddress: word,
  bindinterface: word,
  canonicaldomains: wordsOnce,
  canonicalizefallbacklocal: flag,
  canonicalizehostname: words({ always: 'always' }),
  canonicalizemaxdots: number,
  canonicalizepermittedcnames: wordsOnce,
  casignaturealgorithms: algorithms,
  certificatefile: eachLine,
  checkhostip: flag,
  ciphers: algorithms,
  clearallforwardings: flag,
  compression: { type: 'words', words: same('yes', 'no') },
  connectionattempts: number,
  connecttimeout: seconds,
  controlmaster: words(same('auto', 'ask', 'autoask')),
  controlpath: word,
  enableescapecommandline: flag,
  enablesshkeysign: flag,
  exitonforwardfailure: flag,
  forkafterauthentication: flag,
  forwardagent: { type: 'agent', flag: true },
  forwardx11: flag,
  forwardx11timeout: seconds,
  forwardx11trusted: flag,
  gatewayports: flag,
  globalknownhostsfile: wordsOnce,
  gssapiauthentication: flag,
  gssapidelegatecredentials: flag,
  hashknownhosts: flag,
  hostbasedacceptedalgorithms: algorithms,
  hostbasedauthentication: flag,
  hostkeyalgorithms: algorithms,
  hostkeyalias: word,
  hostname: word,
  identitiesonly: flag,
  identityagent: { type: 'agent', flag: false },
  identityfile: eachLine,
  ignoreunknown: word,
  kbdinteractiveauthentication: flag,
  kbdinteractivedevices: word,
  kexalgorithms: algorithms,
  knownhostscommand: command,
  localcommand: command,
  loglevel: {
    type: 'words',
    words: { ...Object.fromEntries(levels.map(level => [level.toLowerCase(), level])), debug1: 'DEBUG' },
  },
  macs: algorithms,
  nohostauthenticationforlocalhost: flag,
  numberofpasswordprompts: number,
  passwordauthentication: flag,
  permitlocalcommand: flag,
  pkcs11provider: word,
  port: { type: 'port' },
  preferredauthentications: word,
  proxycommand: command,
  proxyjump: { type: 'jump' },
  proxyusefdpass: flag,
  pubkeyacceptedalgorithms: algorithms,
  pubkeyauthentication: words(same('unbound', 'host-bound')),
  remotecommand: command,
  requesttty: words(same('force', 'auto')),
  requiredrsasize: number,
  revokedhostkeys: word,
  securitykeyprovider: word,
  sendenv: { type: 'send-env' },
  serveralivecountmax: number,
  serveraliveinterval: seconds,
  sessiontype: { type: 'words', words: same('none', 'subsystem', 'default') },
  setenv: { type: 'set-env' },
  stdinnull: flag,
  streamlocalbindunlink: flag,
  stricthostkeychecking: words({ ask: 'ask', off: 'no', 'accept-new': 'accept-new' }),
  tcpkeepalive: flag,
  tunnel: words({ ...same('ethernet', 'point-to-point'), yes: 'point-to-point', true: 'point-to-point' }),
  updatehostkeys: words(same('ask')),
  user: word,
  userknownhostsfile: wordsOnce,
  verifyhostkeydns: words(same('ask')),
  visualhostkey: flag,
  xauthlocation: word,
}

const synonyms: Readonly<Record<string, string>> = {
  challengeresponseauthentication: 'kbdinteractiveauthentication',
  dsaauthentication: 'pubkeyauthentication',
  hostbasedkeytypes: 'hostbasedacceptedalgorithms',
  identityfile2: 'identityfile',
  keepalive: 'tcpkeepalive',
  pubkeyacceptedkeytypes: 'pubkeyacceptedalgorithms',
  skeyauthentication: 'kbdinteractiveauthentication',
  smartcarddevice: 'pkcs11provider',
  tisauthentication: 'kbdinteractiveauthentication',
  // Debian's names.
  protocolkeepalives: 'serveraliveinterval',
  setuptimeout: 'serveraliveinterval',
}

/** The last lines are newer than 9.2, Debian's and Apple's: their files must be readable too. */
const unused = `addkeystoagent controlpersist dynamicforward escapechar fingerprinthash ipqos localforward logverbose permitremoteopen
  rekeylimit remoteforward streamlocalbindmask syslogfacility tunneldevice
  channeltimeout obscurekeystroketiming refuseconnection tag versionaddendum warnweakcrypto
  gssapikeyexchange gssapitrustdns gssapiclientidentity gssapiserveridentity gssapirenewalforcesrekey gssapikexalgorithms
  usekeychain`

const dropped = `protocol cipher fallbacktorsh globalknownhostsfile2 rhostsauthentication userknownhostsfile2 useroaming usersh useprivilegedport
  afstokenpassing kerberosauthentication kerberostgtpassing rsaauthentication rhostsrsaauthentication compressionlevel`

/** A new table of all keywords, by lower-case spelling; Host, Match and Include are not in it. */
export function keywordTable(): Map<string, Keyword> {
  const table = new Map<string, Keyword>()
  for (const [name, kind] of Object.entries(kinds)) table.set(name, { name, kind })
  for (const [spelling, name] of Object.entries(synonyms)) table.set(spelling, { name, kind: kinds[name] ?? word })
  for (const name of unused.split(/\s+/)) table.set(name, { name, kind: { type: 'unused' } })
  for (const name of dropped.split(/\s+/)) table.set(name, { name, kind: { type: 'dropped' } })
  return table
}
