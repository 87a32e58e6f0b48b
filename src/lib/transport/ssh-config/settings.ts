import { matchPattern } from '../../core/ssh-pattern.ts'
import type { Setting, SettingValue } from './blocks.ts'

/** What has been set for one host so far. The first value wins, except where lines add up. */
export class Settings {
  readonly #values = new Map<string, readonly SettingValue[]>()

  apply(setting: Setting): void {
    const { name, kind, values } = setting
    if (kind === 'each-line') this.#addNew(name, values)
    else if (kind === 'send-env') this.#addEnvironment(name, values)
    else if (name === 'forwardagent') this.#setForwardAgent(values)
    // `ProxyJump none` leaves room for a command, as in OpenSSH 10 and Debian's 9.2.
    else if (name === 'proxycommand' && (this.get('proxyjump') ?? 'none').toLowerCase() !== 'none') return
    else if (name === 'proxyjump' && this.#values.has('proxycommand')) return
    else if (kind !== 'dropped') this.#setOnce(name, values)
  }

  /** The value of a keyword that has one; of several the first. */
  get(name: string): string | undefined {
    return this.#values.get(name)?.[0]?.value
  }

  list(name: string): readonly SettingValue[] {
    return this.#values.get(name) ?? []
  }

  has(name: string): boolean {
    return this.#values.has(name)
  }

  flag(name: string, otherwise: boolean): boolean {
    return (this.get(name) ?? (otherwise ? 'yes' : 'no')) !== 'no'
  }

  number(name: string, otherwise: number): number {
    return Number(this.get(name) ?? otherwise)
  }

  /** One of several words, the first of which is the default. */
  oneOf<const Word extends string>(name: string, words: readonly [Word, ...Word[]]): Word {
    const value = this.get(name)
    return words.find(word => word === value) ?? words[0]
  }

  /** All that was set, in normal form, by keyword as `ssh -G` names it. */
  toMap(): Map<string, readonly string[]> {
    return new Map([...this.#values].map(([name, values]) => [name, values.map(({ value }) => value)]))
  }

  #setOnce(name: string, values: readonly SettingValue[]): void {
    if (values.length > 0 && !this.#values.has(name)) this.#values.set(name, values)
  }

  #addNew(name: string, values: readonly SettingValue[]): void {
    const known = [...(this.#values.get(name) ?? [])]
    for (const added of values) {
      if (!known.some(({ value }) => value === added.value)) known.push(added)
    }
    this.#values.set(name, known)
  }

  /** SendEnv: `-PATTERN` takes back names that were added before. */
  #addEnvironment(name: string, values: readonly SettingValue[]): void {
    let known = [...(this.#values.get(name) ?? [])]
    for (const added of values) {
      const { value } = added
      if (value.startsWith('-')) known = known.filter(({ value: earlier }) => !matchPattern(earlier, value.slice(1)))
      else known.push(added)
    }
    this.#values.set(name, known)
  }

  /** Whether the agent is forwarded and which one are two settings of one keyword; each is set once. */
  #setForwardAgent(values: readonly SettingValue[]): void {
    const [first] = values
    if (!first) return
    const isFlag = first.value === 'yes' || first.value === 'no'
    this.#setOnce('forwardagent', isFlag ? values : [{ ...first, value: 'yes' }])
    if (!isFlag) this.#setOnce('forwardagent path', values)
  }
}
