import type { FieldPath } from './field-path.ts'
import { isObjectText, type Members, membersOf, textOfMembers } from './json-members.ts'
import { MemberList } from './member-list.ts'

/** A record while it is shaped. Values are texts of JSON; what nobody changes stays as it was written. One is used for many records. */
export class Draft {
  #line = '{}'
  readonly #list = new MemberList()
  /** The list is of the line. */
  #isListed = false
  /** The line is no longer right. */
  #isChanged = false
  /** True from the first change on. */
  wasChanged = false

  /** Begins with a record: an object of valid JSON. */
  begin(line: string): this {
    this.#line = line
    this.#isListed = false
    this.#isChanged = false
    this.wasChanged = false
    return this
  }

  /** The whole record. */
  get text(): string {
    if (this.#isChanged) {
      this.begin(this.#list.text())
      this.wasChanged = true
    }
    return this.#line
  }

  /** Replaces the record as a whole. */
  set text(line: string) {
    this.begin(line)
    this.wasChanged = true
  }

  /** Of the first level, in their order. */
  get names(): string[] {
    return this.#listed.names()
  }

  /** A field of the first level. */
  member(name: string): string | undefined {
    return this.#listed.get(name)
  }

  get({ names, text }: FieldPath): string | undefined {
    const whole = this.#listed.get(text)
    if (whole !== undefined || names.length === 1) return whole
    const [first = '', ...rest] = names
    const outer = this.#listed.get(first)
    return outer !== undefined && isObjectText(outer) ? within(membersOf(outer), rest) : undefined
  }

  /** What stands in the way of a nested field is not replaced: the field then has its dots in its name. */
  set({ names, text }: FieldPath, json: string): void {
    const [first = '', ...rest] = names
    const isNested = rest.length > 0 && this.#listed.get(text) === undefined
    const outer = (isNested ? this.#listed.get(first) : undefined) ?? '{}'
    const inner = isNested && isObjectText(outer) ? membersOf(outer) : undefined
    if (inner && put(inner, { names: rest, json })) this.setMember(first, textOfMembers(inner))
    else this.setMember(text, json)
  }

  /** Of the first level. */
  setMember(name: string, json: string): void {
    this.#change().set(name, json)
  }

  /** Gives what was there. An object that is left without members goes too. */
  delete(path: FieldPath): string | undefined {
    const value = this.get(path)
    if (value === undefined) return undefined
    const list = this.#change()
    if (list.delete(path.text)) return value
    const [first = '', ...rest] = path.names
    const inner = membersOf(list.get(first) ?? '{}')
    take(inner, rest)
    if (inner.size === 0) list.delete(first)
    else list.set(first, textOfMembers(inner))
    return value
  }

  /** Under another name, at the same place where both names are of the first level. */
  rename(from: FieldPath, to: FieldPath): void {
    const value = this.get(from)
    if (value === undefined || from.text === to.text) return
    if (to.names.length === 1 && this.#change().rename(from.text, to.text)) return
    this.delete(from)
    this.set(to, value)
  }

  get #listed(): MemberList {
    if (!this.#isListed) {
      this.#list.read(this.#line)
      this.#isListed = true
    }
    return this.#list
  }

  #change(): MemberList {
    const list = this.#listed
    this.#isChanged = true
    this.wasChanged = true
    return list
  }
}

function within(members: Members, [first = '', ...rest]: readonly string[]): string | undefined {
  const value = members.get(first)
  if (rest.length === 0 || value === undefined) return value
  return isObjectText(value) ? within(membersOf(value), rest) : undefined
}

interface Put {
  readonly names: readonly string[]
  readonly json: string
}

/** False where something else than an object is in the way. */
function put(members: Members, { names: [first = '', ...rest], json }: Put): boolean {
  if (rest.length === 0) {
    members.set(first, json)
    return true
  }
  const value = members.get(first) ?? '{}'
  if (!isObjectText(value)) return false
  const inner = membersOf(value)
  if (!put(inner, { names: rest, json })) return false
  members.set(first, textOfMembers(inner))
  return true
}

function take(members: Members, [first = '', ...rest]: readonly string[]): void {
  const value = members.get(first)
  if (rest.length === 0 || value === undefined) {
    members.delete(first)
    return
  }
  const inner = membersOf(value)
  take(inner, rest)
  if (inner.size === 0) members.delete(first)
  else members.set(first, textOfMembers(inner))
}
