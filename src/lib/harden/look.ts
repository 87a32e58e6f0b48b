import type {
  AccountFacts,
  Facts,
  GroupFact,
  Looks,
  PasswordState,
  PathFact,
  ShadowFact,
  SshdFact,
  SshdOptions,
  SysctlFact,
  TextFact,
  UserFact,
} from '../core/rule.ts'
import { procPath } from '../plan/steps/sysctl.ts'
import { allFields } from '../transport/host-script.ts'
import { recordFields, textLimit } from './look-script.ts'

/** The looks of several rules as one, each thing once. */
export function unitedLooks(looks: readonly Looks[]): Looks {
  const united = (key: 'sysctl' | 'paths' | 'texts'): string[] => [...new Set(looks.flatMap(look => look[key] ?? []))]
  return {
    ...(looks.some(({ sshd }) => sshd) && { sshd: true as const }),
    ...(looks.some(({ accounts }) => accounts) && { accounts: true as const }),
    sysctl: united('sysctl'),
    paths: united('paths'),
    texts: united('texts'),
  }
}

/** The arguments of lookScript. */
export function lookArgs({ sshd, accounts, sysctl = [], paths = [], texts = [] }: Looks): string[] {
  return [
    ...texts.flatMap(pattern => ['text', pattern]),
    ...paths.flatMap(pattern => ['path', pattern]),
    ...sysctl.flatMap(name => ['sysctl', `${name}=${procPath(name)}`]),
    ...(sshd ? ['sshd', '-'] : []),
    ...(accounts ? ['accounts', '-'] : []),
  ]
}

type Row = readonly [what: string, name: string, place: string, status: string, value: string]

/** What lookScript printed, as facts; undefined when it is not of that shape. */
export function readFacts(printed: Buffer): Facts | undefined {
  const fields = allFields(printed)
  if (fields.length % recordFields !== 0) return undefined
  const rows: Row[] = []
  for (let at = 0; at < fields.length; at += recordFields) {
    const [what = '', name = '', place = '', status = '', value = ''] = fields.slice(at, at + recordFields)
    rows.push([what, name, place, status, value])
  }
  const of = (kind: string): Row[] => rows.filter(([what]) => what === kind)
  const sshd = sshdFact(of('sshd'))
  const users = of('user')
  return {
    ...(sshd && { sshd }),
    sysctl: Object.fromEntries(of('sysctl').map(([, name, , status, value]) => [name, sysctlFact(status, value)])),
    paths: of('path').map(pathFact),
    texts: of('text').map(textFact),
    ...(users.length > 0 && { accounts: accountFacts(users, of('shadow'), of('group')) }),
  }
}

function sshdFact(rows: readonly Row[]): SshdFact | undefined {
  const [general] = rows
  if (!general) return undefined
  const [, , , status, value] = general
  if (status === 'absent') return { status }
  if (status !== 'ok') return { status: 'error', message: value }
  const options = sshdOptions(value)
  const root = rows.find(([, view]) => view === 'root')
  return { status, options, forRoot: root ? sshdOptions(root[4]) : options }
}

function sshdOptions(text: string): SshdOptions {
  const pairs = text.split('\n').flatMap(line => {
    const [, name, value] = /^(\S+) (.*)$/.exec(line) ?? []
    return name === undefined || value === undefined ? [] : [[name.toLowerCase(), value] as const]
  })
  const grouped = Map.groupBy(pairs, ([name]) => name)
  return Object.fromEntries([...grouped].map(([name, members]) => [name, members.map(([, value]) => value)]))
}

/** Several numbers stand with tabs between them in the kernel. */
const sysctlFact = (status: string, value: string): SysctlFact =>
  status === 'ok' ? { status, value: value.trim().replace(/\s+/g, ' ') } : { status: status === 'absent' ? 'absent' : 'denied' }

function pathFact([, pattern, path, status, value]: Row): PathFact {
  const [mode = '', uid = '', gid = '', user = '', group = '', more = ''] = value.split('/')
  const known = (['file', 'directory', 'other', 'absent'] as const).find(word => word === status)
  return { pattern, path, status: known ?? 'denied', mode, uid, gid, user, group, hasAccessList: more === '+' }
}

function textFact([, pattern, path, status, text]: Row): TextFact {
  if (status !== 'text') return { pattern, path, status: status === 'absent' ? 'absent' : 'denied', text: '' }
  return { pattern, path, status: Buffer.byteLength(text) >= textLimit ? 'large' : 'text', text }
}

function accountFacts(users: readonly Row[], shadow: readonly Row[], groups: readonly Row[]): AccountFacts {
  const [first] = shadow
  const unseen = (['absent', 'denied'] as const).find(word => first?.[1] === '' && first[2] === word)
  return {
    users: users.filter(isAccount).map(userFact),
    shadow: unseen ?? shadow.filter(isAccount).map(([, name, state]): ShadowFact => ({ name, password: passwordState(state) })),
    groups: groups.filter(isAccount).map(groupFact),
  }
}

/** Empty lines and comments are none. */
const isAccount = ([, name]: Row): boolean => name !== '' && !name.startsWith('#')

function userFact([, name, state, rest]: Row): UserFact {
  const [uid = '', gid = '', home = '', shell = ''] = rest.split(':')
  return { name, password: passwordState(state), uid, gid, home, shell }
}

function groupFact([, name, , rest]: Row): GroupFact {
  const [gid = '', members = ''] = rest.split(':')
  return { name, gid, members }
}

function passwordState(word: string): PasswordState {
  return (['empty', 'locked', 'set', 'weak', 'shadowed'] as const).find(state => state === word) ?? 'set'
}
