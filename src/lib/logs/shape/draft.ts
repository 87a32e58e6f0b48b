import type { FieldPath } from './field-path.ts'
import { isObjectText, type Members, membersOf, textOfMembers } from './json-members.ts'

/** A record while it is shaped. Values are texts of JSON; what nobody changes stays as it was written. */
export class Draft {
  #line: string
  #members: Members | undefined
  /** As the line, which is then no longer right. */
  #isChanged = false
  /** True from the first change on. */
  wasChanged = false

  /** `line` is an object of valid JSON. */
  constructor(line: string) {
    this.#line = line
  }

  /** The whole record. */
  get text(): string {
    if (this.#isChanged) {
      this.#line = textOfMembers(this.members)
      this.#isChanged = false
    }
    return this.#line
  }

  /** Replaces the record as a whole. */
  set text(line: string) {
    this.#line = line
    this.#members = undefined
    this.#isChanged = false
    this.wasChanged = true
  }

  get members(): ReadonlyMap<string, string> & Members {
    this.#members ??= membersOf(this.#line)
    return this.#members
  }

  get(path: FieldPath): string | undefined {
    return this.members.get(path.text) ?? (path.names.length > 1 ? within(this.members, path.names) : undefined)
  }

  /** What stands in the way of a nested field is not replaced: the field then has its dots in its name. */
  set(path: FieldPath, json: string): void {
    this.#change()
    if (path.names.length === 1 || this.members.has(path.text) || !put(this.members, { names: path.names, json }))
      this.members.set(path.text, json)
  }

  /** Of the first level. */
  setMember(name: string, json: string): void {
    this.#change()
    this.members.set(name, json)
  }

  /** Gives what was there. */
  delete(path: FieldPath): string | undefined {
    const value = this.get(path)
    if (value === undefined) return undefined
    this.#change()
    if (!this.members.delete(path.text)) take(this.members, path.names)
    return value
  }

  /** Under another name, at the same place where both names are of the first level. */
  rename(from: FieldPath, to: FieldPath): void {
    if (this.members.has(from.text) && to.names.length === 1) {
      this.#change()
      this.#members = renamed(this.members, { from: from.text, to: to.text })
      return
    }
    const value = this.delete(from)
    if (value !== undefined) this.set(to, value)
  }

  #change(): void {
    this.#isChanged = true
    this.wasChanged = true
  }
}

function within(members: Members, [first = '', ...rest]: readonly string[]): string | undefined {
  const value = members.get(first)
  if (rest.length === 0 || value === undefined) return value
  return isObjectText(value) ? within(membersOf(value), rest) : undefined
}

/** False where something else than an object is in the way. */
function put(
  members: Members,
  { names: [first = '', ...rest], json }: { readonly names: readonly string[]; readonly json: string },
): boolean {
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

/** An object that is left without members goes too. */
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

function renamed(members: Members, { from, to }: { readonly from: string; readonly to: string }): Members {
  const result: Members = new Map()
  for (const [name, value] of members) {
    if (name === from) result.set(to, value)
    else if (name !== to) result.set(name, value)
  }
  return result
}
