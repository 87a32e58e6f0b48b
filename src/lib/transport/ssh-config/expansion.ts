import { OpsError } from '../../core/errors.ts'
import { sshConfigError } from '../../core/ssh-config-syntax.ts'
import { expandTilde, type SshConfigReader } from '../../core/ssh-config-tree.ts'
import type { SettingValue } from './blocks.ts'
import { expandTokens, type Token, type TokenValues, tokenValues } from './tokens.ts'

/** What expansion needs of this machine. */
export interface ExpansionWorld extends Pick<SshConfigReader, 'home' | 'homeOf'> {
  readonly uid: number
  readonly user: string
  readonly hostname: string
  readonly env: Readonly<Record<string, string | undefined>>
}

/** The names of one connection. */
interface Names {
  readonly typed: string
  readonly host: string
  readonly port: number
  readonly user: string
  readonly keyAlias: string
}

/** Expands `~`, `%x` and `${NAME}` in the values of one host. Values without any of them cost nothing. */
export class Expansion {
  readonly #names: Names
  readonly #world: ExpansionWorld
  #tokens: TokenValues | undefined

  constructor(names: Names, world: ExpansionWorld) {
    this.#names = names
    this.#world = world
  }

  /** `~`, all tokens and variables. @throws OpsError E_SSH_CONFIG naming file and line */
  path({ value, place }: SettingValue): string {
    const path = this.home(value)
    if (!/[%$]/.test(path)) return path
    try {
      return expandTokens(path, this.#all(), this.#world.env)
    } catch (cause) {
      throw sshConfigError(place, `'${value}': ${cause instanceof Error ? cause.message : 'bad value'}`)
    }
  }

  /** `~` alone. @throws OpsError E_SSH_CONFIG for an unknown user */
  home(path: string): string {
    const expanded = expandTilde(path, this.#world)
    if (expanded === undefined) throw new OpsError('E_SSH_CONFIG', `'${path}': there is no such user`)
    return expanded
  }

  /** A path below the home directory. */
  inHome(path: string): string {
    return `${this.#world.home}/${path}`
  }

  /** Some tokens alone. @throws OpsError E_SSH_CONFIG naming file and line */
  tokens({ value, place }: SettingValue, letters: readonly Token[]): string {
    const all = this.#all()
    try {
      return expandTokens(value, Object.fromEntries(letters.map(letter => [letter, all[letter]])))
    } catch (cause) {
      throw sshConfigError(place, `'${value}': ${cause instanceof Error ? cause.message : 'bad value'}`)
    }
  }

  #all(): TokenValues {
    const { typed, ...names } = this.#names
    const { hostname: localHostname, user: localUser, uid, home } = this.#world
    this.#tokens ??= tokenValues({ ...names, originalHost: typed, localHostname, localUser, uid, home })
    return this.#tokens
  }
}
