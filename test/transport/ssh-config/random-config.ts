import { flags, hosts, mistakes, patterns, users, values } from './config-words.ts'

/** Seeded OpenSSH client configurations, with the tricks people use: includes, negation, quotes, tokens, commands. */
export interface RandomConfig {
  /** Path relative to a directory of its own to text; `{DIR}` stands for that directory. */
  readonly files: ReadonlyMap<string, string>
  readonly hosts: readonly string[]
  /** Lower-case names of all keywords that are set anywhere. */
  readonly keywords: ReadonlySet<string>
}

type Random = () => number

/** mulberry32 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

export function randomConfig(seed: number): RandomConfig {
  const random = seededRandom(seed)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const chance = (share: number): boolean => random() < share
  const several = <T>(most: number, make: () => T): T[] => Array.from({ length: 1 + Math.floor(random() * most) }, make)
  const keywords = new Set<string>()
  const files = new Map<string, string>()

  const spell = (keyword: string): string => (chance(0.2) ? keyword.toLowerCase() : chance(0.1) ? keyword.toUpperCase() : keyword)
  const gap = (): string => pick([' ', ' ', ' ', '  ', '\t', '=', ' = ', ' ='])
  const indent = (): string => pick(['', '  ', '\t', '    '])
  const negatable = (word: string, share: number): string => (chance(share) ? `!${word}` : word)
  const end = (): string => pick(['', '', '', '', ' ', '\t', '\r'])
  const freeForm = new Set(['LocalCommand', 'ProxyCommand', 'RemoteCommand', 'ProxyJump'])

  function setting(): string {
    const isFlag = chance(0.25)
    const keyword = isFlag ? pick(flags) : pick(Object.keys(values))
    keywords.add(keyword.toLowerCase())
    const value = isFlag ? pick(['yes', 'no', 'true', 'false', 'Yes', '"no"']) : pick(values[keyword] ?? [])
    const comment = !freeForm.has(keyword) && chance(0.1) ? ' # note' : ''
    return `${indent()}${spell(keyword)}${gap()}${value}${comment}${end()}`
  }

  function hostLine(): string {
    const words = several(3, () => {
      const word = negatable(pick(patterns), 0.2)
      return chance(0.1) ? `"${word}"` : word
    })
    return `${pick(['Host', 'host', 'HOST'])}${gap()}${words.join(pick([' ', '  ', '\t']))}`
  }

  function criterion(): string {
    const list = (words: readonly string[]): string => several(3, () => negatable(pick(words), 0.2)).join(',')
    switch (pick(['host', 'originalhost', 'user', 'localuser', 'exec', 'exec', 'canonical', 'final'])) {
      case 'host':
        return `${negatable('host', 0.2)} ${list([...patterns, 'real.example.org', '10.1.2.3'])}`
      case 'originalhost':
        return `${negatable('originalhost', 0.2)} ${list(patterns)}`
      case 'user':
        return `${negatable('User', 0.2)} ${list([...users, '*'])}`
      case 'localuser':
        return `${negatable('localuser', 0.2)}${pick([' ', '='])}${pick(['root', 'nobody', 'r*', 'root,ops'])}`
      case 'canonical':
        return negatable('canonical', 0.3)
      case 'final':
        return negatable('final', 0.3)
      default: {
        const command = pick([
          'true',
          'false',
          'test %h = web1',
          "test '%n' = web1",
          'test %p = 22',
          "expr '%r' : root",
          'test %u = root',
          'test %k%L%l != x',
          'test %i = 0',
          'test -d %d',
        ])
        return `${negatable('exec', 0.3)} ${command.includes(' ') ? `"${command}"` : command}`
      }
    }
  }

  const matchLine = (): string => (chance(0.15) ? `Match ${negatable('all', 0.1)}` : `Match ${several(3, criterion).join(' ')}`)

  function includeLine(depth: number): string {
    const name = `part${files.size}.conf`
    files.set(name, '')
    files.set(name, text(depth + 1))
    return `${indent()}Include${gap()}${pick([`{DIR}/${name}`, `"{DIR}/${name}"`, `{DIR}/${name.replace(/\d+/, '*')}`, `{DIR}/none*.conf {DIR}/${name}`])}`
  }

  function text(depth: number): string {
    const lines: string[] = []
    for (const _ of several(depth === 0 ? 6 : 3, () => 0)) {
      if (chance(0.8)) lines.push(chance(0.65) ? hostLine() : matchLine())
      if (chance(0.15)) lines.push(pick(['# a comment', '', '   ', '\t# indented comment']))
      if (depth < 2 && chance(0.2) && files.size < 4) lines.push(includeLine(depth))
      lines.push(...several(5, setting))
    }
    if (chance(0.03)) lines.splice(Math.floor(random() * lines.length), 0, pick(mistakes))
    if (chance(0.04)) lines.splice(0, 0, 'IgnoreUnknown madeup*', 'MadeUpOption one two')
    return `${lines.join('\n')}${chance(0.8) ? '\n' : ''}`
  }

  files.set('config', '')
  files.set('config', text(0))
  return { files, hosts: [pick(hosts), pick(hosts)], keywords }
}
