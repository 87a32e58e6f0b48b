/** A list of many entries below a key at the top of a YAML text, taken apart. */
export interface LongList {
  readonly key: string
  /** The text without its entries: as many lines, and nothing stands behind the key. */
  readonly rest: string
  /** Some entries each, as a list by themselves. */
  readonly parts: readonly { readonly text: string; readonly linesBefore: number }[]
  /** Perhaps: what one part says may mean something in another. */
  readonly hasAnchors: boolean
}

/** Shorter ones are read at once. */
const leastEntries = 100
/** Read in a few milliseconds. */
const entriesAtATime = 25

/**
 * The longest list of a text in block style. By the indentation alone: an entry begins with `- ` where the first one does, and whatever is
 * part of it stands further right, whether it is text, quoted or in brackets; a line further left ends the list. Undefined where there is
 * no such list, where the text could be something else (several documents, tabs in front of a line), or where it ends otherwise than at
 * the left margin.
 */
export function longList(text: string): LongList | undefined {
  if (/^(?:---|\.\.\.|%)/m.test(text) || /^ *\t/m.test(text)) return undefined
  const lines = text.split('\n')
  const entries = [...listsOf(lines)].sort((a, b) => b.begins.length - a.begins.length)[0]
  if (!entries || entries.begins.length < leastEntries) return undefined
  const { key, begins, end } = entries
  const starts = begins.filter((_, index) => index % entriesAtATime === 0)
  const [first = 0] = begins
  return {
    key,
    rest: [...lines.slice(0, first), ...Array<string>(end - first).fill(''), ...lines.slice(end)].join('\n'),
    parts: starts.map((from, index) => {
      const to = starts[index + 1] ?? end
      return { text: lines.slice(from, to).join('\n') + (to < lines.length ? '\n' : ''), linesBefore: from }
    }),
    hasAnchors: /(?:^|[\s,[{])[&*][^\s]/m.test(text),
  }
}

interface Entries {
  readonly key: string
  /** The line of each entry. */
  readonly begins: readonly number[]
  /** Behind the last line. */
  readonly end: number
}

/** Lists below keys at the left margin; of one that ends elsewhere nothing is told. */
function* listsOf(lines: readonly string[]): Generator<Entries> {
  for (let at = 0; at < lines.length; at++) {
    const key = /^([A-Za-z_]\w*):[ \t]*(?:#.*)?\r?$/.exec(lines[at] ?? '')?.[1]
    if (key === undefined) continue
    const { begins, end, isWhole } = entriesFrom(at + 1, lines)
    if (isWhole) yield { key, begins, end }
    at = end - 1
  }
}

function entriesFrom(start: number, lines: readonly string[]): Omit<Entries, 'key'> & { readonly isWhole: boolean } {
  const begins: number[] = []
  let indent = -1
  let end = start
  for (; end < lines.length; end++) {
    const line = lines[end] ?? ''
    const at = line.search(/\S/)
    if (at === -1 || line[at] === '#') continue
    const isEntry = /^-(?:\s|$)/.test(line.slice(at, at + 2))
    if (indent === -1 && isEntry) indent = at
    if (indent === -1 || at < indent || (at === indent && !isEntry)) return { begins, end, isWhole: at === 0 && indent !== -1 }
    if (at === indent) begins.push(end)
  }
  return { begins, end, isWhole: true }
}
