import { inventoryError } from '../fault.ts'
import type { AnsibleData, AnsibleGroup } from './data.ts'
import { expandHostPattern } from './host-pattern.ts'
import { pythonLiteral } from './python-literal.ts'
import { shellWords } from './shell-words.ts'

/**
 * Reads an Ansible inventory in INI form into `data`: `[group]`, `[group:vars]`, `[group:children]`, host lines with `key=value`.
 * @throws OpsError E_INVENTORY with file, line and column
 */
export function readIni(data: AnsibleData, { text, path }: { text: string; path: string }): void {
  const reader = new IniReader(data, path)
  for (const [index, line] of text.split(/\r\n|[\n\r]/).entries()) reader.line(line, index + 1)
  reader.end()
}

type State = 'hosts' | 'vars' | 'children'
const states: readonly string[] = ['hosts', 'vars', 'children']
const isState = (text: string): text is State => states.includes(text)

class IniReader {
  readonly #data: AnsibleData
  readonly #path: string
  #group: AnsibleGroup
  #state: State = 'hosts'
  /** Groups that were mentioned but not declared so far: by `[name:vars]` or as a child. */
  readonly #pending = new Map<string, { line: number; message: string }>()
  readonly #declared = new Set<string>()

  constructor(data: AnsibleData, path: string) {
    this.#data = data
    this.#path = path
    this.#group = data.group('ungrouped')
    for (const name of data.groups.keys()) this.#declared.add(name)
  }

  line(raw: string, number: number): void {
    const line = raw.trim()
    if (line === '' || line.startsWith(';') || line.startsWith('#')) return
    const column = raw.indexOf(line) + 1
    const fail: Fail = (problem, hint) => inventoryError({ path: this.#path, line: number, column }, problem, { hint })
    const [, name, state] = /^\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?$/.exec(line) ?? []
    if (name !== undefined) this.#section({ name, state: state ?? 'hosts', line: number, fail })
    else if (line.startsWith('[') && line.endsWith(']'))
      throw fail(`'${line}' is not a section`, 'write [group], [group:vars] or [group:children], without spaces')
    else if (this.#state === 'vars') this.#variable(line, fail)
    else if (this.#state === 'children') this.#child({ line, number, fail })
    else this.#host({ line, number, fail })
  }

  end(): void {
    for (const { line, message } of this.#pending.values()) throw inventoryError({ path: this.#path, line }, message)
  }

  #section({ name, state, line, fail }: { name: string; state: string; line: number; fail: Fail }): void {
    if (!isState(state))
      throw fail(`the section [${name}:${state}] is of an unknown kind`, 'there are [group], [group:vars] and [group:children]')
    this.#state = state
    this.#group = this.#data.group(name)
    if (state !== 'vars') {
      this.#declared.add(name)
      this.#pending.delete(name)
    } else if (!this.#declared.has(name) && !this.#pending.has(name)) {
      this.#pending.set(name, { line, message: `[${name}:vars] is for a group that is declared nowhere` })
    }
  }

  #variable(line: string, fail: Fail): void {
    const at = line.indexOf('=')
    if (at === -1) throw fail(`expected key=value, not '${line}'`)
    this.#data.setVar(this.#group.name, line.slice(0, at).trim(), pythonLiteral(line.slice(at + 1).trim()))
  }

  #child({ line, number, fail }: { line: string; number: number; fail: Fail }): void {
    const [, name] = /^([^:\]\s]+)\s*(?:#.*)?$/.exec(line) ?? []
    if (name === undefined) throw fail(`expected the name of a group, not '${line}'`)
    if (!this.#declared.has(name) && !this.#pending.has(name)) {
      this.#pending.set(name, {
        line: number,
        message: `[${this.#group.name}:children] names the group '${name}', which is declared nowhere`,
      })
    }
    if (!this.#data.addChild(this.#group, this.#data.group(name)))
      throw fail(`the group '${name}' can not be a child of '${this.#group.name}': it is above it`)
  }

  #host({ line, number, fail }: { line: string; number: number; fail: Fail }): void {
    const words = shellWords(line)
    if (typeof words === 'string') throw fail(`${words} in '${line}'`)
    const [pattern = '', ...settings] = words
    if (pattern === '---') throw fail("'---' is a sign of YAML, but this is read as INI", 'name the file *.yaml')
    const hosts = expandHostPattern(pattern)
    if (typeof hosts === 'string') throw fail(hosts)
    this.#data.addHosts({ ...hosts, group: this.#group, origin: `${this.#path}:${number}` })
    for (const setting of settings) {
      const at = setting.indexOf('=')
      if (at === -1) throw fail(`expected key=value after the host, not '${setting}'`)
      for (const name of hosts.names) this.#data.setVar(name, setting.slice(0, at), pythonLiteral(setting.slice(at + 1)))
    }
  }
}

type Fail = (problem: string, hint?: string) => Error
