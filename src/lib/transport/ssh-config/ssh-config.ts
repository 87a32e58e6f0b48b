import { errnoOf } from '../../core/errno.ts'
import { OpsError } from '../../core/errors.ts'
import { nearest } from '../../core/nearest.ts'
import { parseSshConfigLine, type SshConfigLine, sshConfigError } from '../../core/ssh-config-syntax.ts'
import {
  type FileOwner,
  hostNames,
  loadSshConfigFile,
  type SshConfigFile,
  type SshConfigReader,
} from '../../core/ssh-config-tree.ts'
import { matchPatternList } from '../../core/ssh-pattern.ts'
import { type Block, type BlockItem, blocksFor, type ConfigFile, compileFile, compileSetting } from './blocks.ts'
import { canonicalHost, connectsTo, isCanonicalizing, type NameLookup, settleCanonical } from './canonical-host.ts'
import { conditionHolds, type Subject } from './condition.ts'
import { type Keyword, keywordTable } from './keywords.ts'
import { MatchExec } from './match-exec.ts'
import { type ResolvedHost, resolvedHost } from './resolved-host.ts'
import { Settings } from './settings.ts'
import { expandTokens, tokenValues } from './tokens.ts'

/** Which files count: one given by the user, as `ssh -F` takes it (`none` for none), or the two default ones, which may be absent. */
export type SshConfigFiles = { readonly only: string } | { readonly user?: string; readonly system?: string }

/** What resolving needs of this machine. */
export interface SshConfigWorld extends SshConfigReader {
  readonly uid: number
  /** Login name. */
  readonly user: string
  /** As gethostname(2) gives it. */
  readonly hostname: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Runs a command of `Match exec` with the user's shell, output discarded; true when it ended with 0. */
  exec(command: string, signal: AbortSignal): Promise<boolean>
  /** Needed only where CanonicalizeHostname is on and CanonicalDomains are given. */
  readonly lookup?: NameLookup
}

export interface SshConfigQuery {
  /** As it was typed: Host and Match originalhost look at this. */
  readonly host: string
  /** As by `ssh -l` and `-p`: stronger than any file. */
  readonly user?: string
  readonly port?: number
  /** Lines as by `ssh -o`, stronger than any file. */
  readonly options?: readonly string[]
}

/**
 * Reads OpenSSH client configuration once; `resolve` then answers for any number of hosts without touching a file.
 *
 * What ssh_config(5) of OpenSSH 9.2 says holds, `ssh -G` being the reference, with these differences: keywords that are newer are accepted and not
 * used; names of algorithms are not checked; KnownHostsCommand and ProxyUseFdpass are refused; CanonicalizePermittedCNAMEs is refused where
 * host names are made canonical; `Match exec` runs only from files that nobody else can write, and the same command runs once.
 * @throws OpsError E_SSH_CONFIG naming file and line
 */
export async function loadSshConfig(files: SshConfigFiles, world: SshConfigWorld): Promise<SshConfig> {
  return new SshConfig(await loadFiles(files, world), world)
}

export class SshConfig {
  readonly #world: SshConfigWorld
  readonly #keywords: ReadonlyMap<string, Keyword>
  readonly #sources: readonly SshConfigFile[]
  readonly #files: readonly ConfigFile[]
  readonly #wantsFinal: boolean
  readonly #exec: MatchExec

  constructor(files: readonly SshConfigFile[], world: SshConfigWorld) {
    this.#world = world
    this.#keywords = keywordTable()
    this.#sources = files
    this.#files = files.map(file => compileFile(file, this.#keywords))
    this.#wantsFinal = this.#files.some(wantsFinal)
    this.#exec = new MatchExec({ run: world.exec, uid: world.uid, owners: new Map(this.#files.flatMap(ownersOf)) })
  }

  /**
   * Refuses a keyword that ssh would refuse for every host. One that an IgnoreUnknown names somewhere is judged host by host.
   * @throws OpsError E_SSH_CONFIG naming file and line
   */
  refuseUnknown(): void {
    const items = this.#files.flatMap(itemsOf)
    const ignored = items.flatMap(item =>
      item.type === 'setting' && item.setting.name === 'ignoreunknown' ? item.setting.values : [],
    )
    const isIgnorable = ({ keyword }: SshConfigLine): boolean =>
      ignored.some(({ value }) => matchPatternList(keyword, value.toLowerCase()) === 'match')
    for (const item of items) if (item.type === 'unknown' && !isIgnorable(item.line)) throw this.#unknownKeyword(item.line)
  }

  /** Names of single hosts on Host lines, in order. */
  hostNames(): string[] {
    return hostNames(this.#sources).map(({ name }) => name)
  }

  /**
   * What `ssh HOST` would use.
   * @throws OpsError E_SSH_CONFIG for what can only be judged with a host: unknown keywords, tokens, variables, unsafe Match exec, unsupported options
   */
  async resolve(query: SshConfigQuery, signal: AbortSignal): Promise<ResolvedHost> {
    const settings = new Settings()
    this.#applyQuery(settings, query)
    await this.#applyAll({ settings, typed: query.host, host: query.host, final: false }, signal)
    const host = await canonicalHost({ settings, typed: query.host, lookup: this.#world.lookup, signal })
    if (this.#wantsFinal || isCanonicalizing(settings)) {
      settleCanonical(settings)
      await this.#applyAll({ settings, typed: query.host, host, final: true }, signal)
    }
    return resolvedHost({ settings, host, typed: query.host, world: this.#world })
  }

  #applyQuery(settings: Settings, { user, port, options = [] }: SshConfigQuery): void {
    const place = { file: 'command line', line: 1 }
    if (user !== undefined) settings.apply({ name: 'user', kind: 'word', values: [{ value: user, place }] })
    if (port !== undefined) settings.apply({ name: 'port', kind: 'port', values: [{ value: String(port), place }] })
    for (const text of options) {
      const line = parseSshConfigLine(text, place)
      if (!line) continue
      const setting = compileSetting(line, this.#keywords)
      if (!setting) throw this.#unknownKeyword(line)
      settings.apply(setting)
    }
  }

  async #applyAll(pass: Pass, signal: AbortSignal): Promise<void> {
    const subject = this.#subject(pass, signal)
    for (const file of this.#files) await this.#applyFile(file, { ...pass, subject }, true)
  }

  async #applyFile(file: ConfigFile, pass: Pass & { readonly subject: Subject }, active: boolean): Promise<void> {
    for (const block of blocksFor(file, pass.host)) {
      const holds = active && conditionHolds(block.condition, pass.subject)
      const applies = typeof holds === 'boolean' ? holds : await holds
      if (applies || block.hasUnknown) await this.#applyBlock(block, pass, applies)
    }
  }

  async #applyBlock(block: Block, pass: Pass & { readonly subject: Subject }, active: boolean): Promise<void> {
    for (const item of block.items) {
      if (item.type === 'include') for (const file of item.files) await this.#applyFile(file, pass, active)
      else if (item.type === 'setting' && active) pass.settings.apply(item.setting)
      else if (item.type === 'unknown' && !isIgnored(item.line, pass)) throw this.#unknownKeyword(item.line)
    }
  }

  #unknownKeyword(line: SshConfigLine): OpsError {
    const close = nearest(line.keyword, [...this.#keywords.keys(), 'host', 'match', 'include'])
    const hint = close === undefined ? 'IgnoreUnknown lets ssh and opsctl pass over it' : `did you mean '${close}'?`
    return sshConfigError(line, `unknown keyword '${line.keyword}'`, hint)
  }

  #subject({ settings, typed, host, final }: Pass, signal: AbortSignal): Subject {
    const { user: localUser, uid, home, hostname: localHostname } = this.#world
    const connects = (): string => (final ? host : connectsTo(settings, typed))
    const user = (): string => settings.get('user') ?? localUser
    return {
      typed,
      host,
      connectsTo: connects,
      user,
      localUser,
      final,
      exec: (argument, place) => {
        const port = Number(settings.get('port') ?? 22)
        const keyAlias = settings.get('hostkeyalias') ?? connects()
        const names = { localHostname, localUser, uid, home, originalHost: typed, host: connects(), port, user: user(), keyAlias }
        return this.#exec.holds({ command: expandTokens(argument, tokenValues(names)), place, signal })
      },
    }
  }
}

/** One host on its way through the files. */
interface Pass {
  readonly settings: Settings
  readonly typed: string
  /** What Host lines are compared with. */
  readonly host: string
  readonly final: boolean
}

async function loadFiles(files: SshConfigFiles, world: SshConfigWorld): Promise<SshConfigFile[]> {
  if ('only' in files) {
    if (files.only.toLowerCase() === 'none') return []
    const file = await loadSshConfigFile(files.only, { ofUser: true, checked: false }, world)
    if (!file) throw new OpsError('E_SSH_CONFIG', `${files.only}: there is no such file`, { data: { file: files.only } })
    return [file]
  }
  const found: SshConfigFile[] = []
  for (const [path, ofUser] of [
    [files.user, true],
    [files.system, false],
  ] as const) {
    if (path === undefined) continue
    const file = await loadSshConfigFile(path, { ofUser, checked: ofUser }, world).catch(unlessForbidden(path))
    if (file) found.push(file)
  }
  return found
}

/** ssh passes over a default file that it may not read. */
const unlessForbidden =
  (path: string) =>
  (error: unknown): undefined => {
    if (errnoOf(error) === 'EACCES' && error instanceof Error && 'path' in error && error.path === path) return undefined
    throw error
  }

/** In their order, those of included files in the place of the Include. */
const itemsOf = (file: ConfigFile): BlockItem[] =>
  file.blocks.flatMap(({ items }) => items.flatMap(item => (item.type === 'include' ? item.files.flatMap(itemsOf) : [item])))

/** `Match final` anywhere asks for a second pass, whether its block applies or not. */
const wantsFinal = (file: ConfigFile): boolean =>
  file.blocks.some(
    ({ condition, items }) =>
      (condition.type === 'match' && condition.criteria.some(({ name }) => name === 'final')) ||
      items.some(item => item.type === 'include' && item.files.some(wantsFinal)),
  )

/** Owners of a file and all that it includes, by path. */
function ownersOf(file: ConfigFile): [string, FileOwner][] {
  const items = file.blocks.flatMap(block => block.items)
  const included = items.flatMap(item => (item.type === 'include' ? item.files.flatMap(ownersOf) : []))
  return file.owner ? [[file.path, file.owner], ...included] : included
}

function isIgnored({ keyword }: SshConfigLine, { settings }: Pass): boolean {
  const ignored = settings.get('ignoreunknown')
  return ignored !== undefined && matchPatternList(keyword, ignored.toLowerCase()) === 'match'
}
