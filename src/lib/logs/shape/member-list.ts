import { endOfString, endOfValue, firstMember, nameText, nextMember, stringOf, valueFrom } from './json-members.ts'

const [quote, backslash] = [34, '\\']

/**
 * The members of one object after the other: where they stand in its text, and what they were changed to. Its lists are used again and again,
 * and names that come at the same place as in the object before are not made anew: to read a record makes nothing.
 */
export class MemberList {
  #line = ''
  #length = 0
  readonly #names: string[] = []
  /** Where each stands: from its name, from its value, to behind that. Without meaning for those that were put in. */
  readonly #at: number[] = []
  readonly #from: number[] = []
  readonly #to: number[] = []
  /** Absent: as it stands in the text. */
  readonly #json: (string | undefined)[] = []
  readonly #isGone: boolean[] = []
  readonly #isNew: boolean[] = []

  /** Begins with an object of valid JSON. */
  read(line: string): void {
    this.#line = line
    let count = 0
    for (let at = firstMember(line); line.charCodeAt(at) === quote; count++) {
      const nameEnd = this.#readName(at, count)
      const from = valueFrom(line, nameEnd)
      const to = endOfValue(line, from)
      this.#at[count] = at
      this.#from[count] = from
      this.#to[count] = to
      this.#json[count] = undefined
      this.#isGone[count] = false
      this.#isNew[count] = false
      at = nextMember(line, to)
    }
    this.#length = count
  }

  names(): string[] {
    return [...new Set(this.#names.slice(0, this.#length).filter((_, index) => !this.#isGone[index]))]
  }

  /** Of several of one name the last counts. */
  get(name: string): string | undefined {
    const index = this.#indexOf(name)
    return index === -1 ? undefined : (this.#json[index] ?? this.#line.slice(this.#from[index], this.#to[index]))
  }

  set(name: string, json: string): void {
    const index = this.#indexOf(name)
    if (index === -1) this.#append(name, json)
    else this.#json[index] = json
  }

  /** False where there is none. */
  delete(name: string): boolean {
    let wasThere = false
    for (let index = this.#indexOf(name); index !== -1; index = this.#indexOf(name)) {
      this.#isGone[index] = true
      wasThere = true
    }
    return wasThere
  }

  /** At the same place. False where there is none. */
  rename(from: string, to: string): boolean {
    const index = this.#indexOf(from)
    if (index === -1) return false
    const json = this.get(from)
    this.delete(from)
    this.delete(to)
    this.#isGone[index] = false
    this.#isNew[index] = true
    this.#names[index] = to
    this.#json[index] = json
    return true
  }

  /** Members that follow one another as they did are taken over in one piece. */
  text(): string {
    let text = '{'
    let runFrom = -1
    for (let index = 0; index < this.#length; index++) {
      const isKept = !(this.#isGone[index] || this.#isNew[index]) && this.#json[index] === undefined
      if (isKept && runFrom === -1) runFrom = index
      if (isKept) continue
      if (runFrom !== -1) text += this.#run(runFrom, index - 1, text)
      runFrom = -1
      if (!this.#isGone[index]) text += `${text === '{' ? '' : ','}${nameText(this.#names[index] ?? '')}:${this.#json[index]}`
    }
    if (runFrom !== -1) text += this.#run(runFrom, this.#length - 1, text)
    return `${text}}`
  }

  #run(first: number, last: number, before: string): string {
    return `${before === '{' ? '' : ','}${this.#line.slice(this.#at[first], this.#to[last])}`
  }

  /** Gives where it ends. */
  #readName(at: number, index: number): number {
    const line = this.#line
    const guess = this.#names[index]
    if (guess !== undefined && line.startsWith(guess, at + 1) && line.charCodeAt(at + 1 + guess.length) === quote) {
      // With a backslash it could be the text of another name.
      if (!guess.includes(backslash)) return at + guess.length + 2
    }
    const end = endOfString(line, at)
    this.#names[index] = stringOf(line.slice(at, end))
    return end
  }

  #indexOf(name: string): number {
    for (let index = this.#length - 1; index >= 0; index--) if (this.#names[index] === name && !this.#isGone[index]) return index
    return -1
  }

  #append(name: string, json: string): void {
    const index = this.#length++
    this.#names[index] = name
    this.#json[index] = json
    this.#isGone[index] = false
    this.#isNew[index] = true
  }
}
