import type { AccountFacts, Facts, PasswordState, PathFact, Rule, SysctlFact, TextFact } from '../../src/lib/core/rule.ts'

/** What was seen on a host, as a data file writes it. */
export interface WrittenFacts {
  /** Options by name, or why there are none. */
  readonly sshd?: Readonly<Record<string, string>> | 'absent' | 'error'
  readonly sshdForRoot?: Readonly<Record<string, string>>
  /** By path, the content or `denied`. */
  readonly files?: Readonly<Record<string, string>>
  /** Patterns that are looked at in a second go. */
  readonly also?: readonly string[]
  /** By name, the value or `denied`. */
  readonly sysctl?: Readonly<Record<string, string>>
  /** By path, `644 root:root`, with a + behind it where there is an access list, or `denied`. */
  readonly paths?: Readonly<Record<string, string>>
  /** `name:state:uid:shell` */
  readonly users?: readonly string[]
  /** `name:state` */
  readonly shadow?: readonly string[] | 'denied' | 'absent'
}

/** As the host would answer to what the rule looks at. */
export function factsOf(written: WrittenFacts, { look }: Pick<Rule, 'look'>): Facts {
  const { sshd, sshdForRoot, files = {}, sysctl = {}, paths = {}, users } = written
  const main = '/etc/ssh/sshd_config'
  const texts = sshd === undefined || files[main] !== undefined ? files : { ...files, [main]: '' }
  return {
    ...(sshd !== undefined && { sshd: sshdFact(sshd, sshdForRoot) }),
    sysctl: Object.fromEntries((look.sysctl ?? []).map(key => [key, sysctlFact(sysctl[key])])),
    paths: (look.paths ?? []).flatMap(pattern => found(pattern, paths).map(([path, text]) => pathFact({ pattern, path, text }))),
    texts: [...(look.texts ?? []), ...(written.also ?? [])].flatMap(pattern =>
      found(pattern, texts).map(([path, text]) => textFact({ pattern, path, text })),
    ),
    ...(users && { accounts: accounts(users, written.shadow ?? []) }),
  }
}

function sshdFact(sshd: NonNullable<WrittenFacts['sshd']>, forRoot: WrittenFacts['sshdForRoot']): NonNullable<Facts['sshd']> {
  if (sshd === 'absent') return { status: 'absent' }
  if (sshd === 'error') return { status: 'error', message: 'sshd: no hostkeys available -- exiting.' }
  const options = (from: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(from).map(([name, value]) => [name.toLowerCase(), [value]]))
  return { status: 'ok', options: options(sshd), forRoot: options(forRoot ?? sshd) }
}

function sysctlFact(value: string | undefined): SysctlFact {
  if (value === undefined) return { status: 'absent' }
  return value === 'denied' ? { status: 'denied' } : { status: 'ok', value }
}

/** What fits the pattern; the pattern itself where nothing does. */
function found(pattern: string, things: Readonly<Record<string, string>>): [string, string | undefined][] {
  const source = pattern.replace(/[.]/g, '\\.').replaceAll('*', '[^/]*')
  const fitting = Object.entries(things).filter(([path]) => new RegExp(`^${source}$`).test(path))
  return fitting.length > 0 ? fitting : [[pattern, undefined]]
}

interface Written {
  readonly pattern: string
  readonly path: string
  readonly text: string | undefined
}

function pathFact({ pattern, path, text }: Written): PathFact {
  const [mode = '', user = '', group = '', more = ''] = (text ?? '').split(/[ :]/)
  const id = (name: string): string => (name === 'root' ? '0' : '1000')
  if (text === undefined || text === 'denied') {
    return {
      pattern,
      path,
      status: text === undefined ? 'absent' : 'denied',
      mode: '',
      uid: '',
      gid: '',
      user: '',
      group: '',
      hasAccessList: false,
    }
  }
  // A mode with an x is that of a directory here.
  return {
    pattern,
    path,
    status: mode === '755' ? 'directory' : 'file',
    mode,
    uid: id(user),
    gid: id(group),
    user,
    group,
    hasAccessList: more === '+',
  }
}

function textFact({ pattern, path, text }: Written): TextFact {
  if (text === undefined || text === 'denied')
    return { pattern, path, status: text === undefined ? 'absent' : 'denied', text: '' }
  return { pattern, path, status: 'text', text }
}

function accounts(users: readonly string[], shadow: NonNullable<WrittenFacts['shadow']>): AccountFacts {
  return {
    users: users.map(line => {
      const [name = '', state, uid = '', shell = ''] = line.split(':')
      return { name, password: state as PasswordState, uid, gid: uid, home: '/', shell }
    }),
    shadow:
      typeof shadow === 'string'
        ? shadow
        : shadow.map(line => {
            const [name = '', state] = line.split(':')
            return { name, password: state as PasswordState }
          }),
    groups: [],
  }
}
