import { assembleAlgorithms } from '../../../src/lib/transport/ssh-config/algorithms.ts'
import { formatDestination } from '../../../src/lib/transport/ssh-config/destination.ts'
import type { ResolvedHost } from '../../../src/lib/transport/ssh-config/resolved-host.ts'

/** What `ssh -G` prints: keyword to its lines, true and false as yes and no. */
export type Dump = ReadonlyMap<string, readonly string[]>

export function parseDump(text: string): Dump {
  const dump = new Map<string, string[]>()
  for (const line of text.split('\n')) {
    const space = line.indexOf(' ')
    if (space === -1) continue
    const keyword = line.slice(0, space).toLowerCase()
    dump.set(keyword, [...(dump.get(keyword) ?? []), yesNo(line.slice(space + 1))])
  }
  return dump
}

/** What `ssh` knows of algorithms, by keyword: the lists that + - and ^ work on. */
export interface KnownAlgorithms {
  readonly defaults: Dump
  readonly supported: ReadonlyMap<string, readonly string[]>
}

const synonyms: Readonly<Record<string, string>> = {
  challengeresponseauthentication: 'kbdinteractiveauthentication',
  keepalive: 'tcpkeepalive',
}
/** The name under which `ssh -G` prints a keyword. */
export const printedName = (keyword: string): string => synonyms[keyword] ?? keyword

const algorithmKeywords = ['ciphers', 'macs', 'kexalgorithms', 'hostkeyalgorithms', 'pubkeyacceptedalgorithms']

/** Lines that `ssh -G` should print for a keyword, judged by what opsctl resolved; undefined where ssh derives its default from other settings. */
export function expectedLines(resolved: ResolvedHost, spelled: string, known: KnownAlgorithms): readonly string[] | undefined {
  const keyword = printedName(spelled)
  const set = resolved.directives.get(keyword)
  const standard = known.defaults.get(keyword) ?? []
  if (keyword === 'user') return [resolved.user]
  if (keyword === 'hostname') return [resolved.hostname]
  if (keyword === 'userknownhostsfile') return [resolved.userKnownHostsFiles.join(' ') || 'none']
  if (keyword === 'proxyjump') return jump(resolved)
  if (set === undefined) return unset(resolved, keyword, standard)
  if (algorithmKeywords.includes(keyword)) {
    const defaults = standard[0]?.split(',') ?? []
    return [assembleAlgorithms(set[0], { defaults, supported: known.supported.get(keyword) ?? [] }).join(',')]
  }
  switch (keyword) {
    case 'globalknownhostsfile':
      return [set.join(' ')]
    case 'forwardagent':
      return [resolved.forwardAgentSocket ?? set[0] ?? '']
    case 'hostkeyalias':
      return [(set[0] ?? '').toLowerCase()]
    case 'identityagent':
      return set[0] === 'none' || set[0]?.startsWith('$O') || set[0] === 'SSH_AUTH_SOCK' ? set : [resolved.identityAgent ?? '']
    case 'controlpath':
    case 'localcommand':
    case 'proxycommand':
    case 'remotecommand':
    case 'revokedhostkeys':
      return set[0]?.toLowerCase() === 'none' ? [] : set
    default:
      return set
  }
}

function jump(resolved: ResolvedHost): string[] {
  const written = resolved.directives.get('proxyjump')?.[0] ?? ''
  const last = resolved.proxyJump.at(-1)
  const others = written.replace(/#.*/, '').slice(0, written.lastIndexOf(',') + 1)
  return last ? [`${others}${formatDestination(last)}`] : []
}

function unset(resolved: ResolvedHost, keyword: string, standard: readonly string[]): readonly string[] | undefined {
  // Debian's ssh keeps batch connections alive by default.
  if (keyword === 'serveraliveinterval') return [resolved.batchMode ? '300' : '0']
  return keyword === 'updatehostkeys' || keyword === 'proxyusefdpass' ? undefined : standard
}

const yesNo = (value: string): string => (value === 'true' ? 'yes' : value === 'false' ? 'no' : value)
