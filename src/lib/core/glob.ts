/** True when a word has glob characters. */
const isMagic = (word: string): boolean => /[*?[]/.test(word)

/**
 * Paths that fit an absolute glob pattern, sorted in each directory as glob(3) does in the C locale: `*`, `?` and `[a-z]` within one component,
 * a leading dot only by a leading dot. A path without glob characters is returned as it is, whether it exists or not.
 * `readDirectory` returns nothing for what is no readable directory.
 */
export async function globPaths(pattern: string, readDirectory: (path: string) => Promise<readonly string[]>): Promise<string[]> {
  let paths = ['']
  for (const part of pattern.split('/').slice(1)) {
    if (!isMagic(part)) {
      paths = paths.map(path => `${path}/${part}`)
      continue
    }
    const fits = componentMatcher(part)
    const found: string[] = []
    for (const path of paths) {
      const names = await readDirectory(path === '' ? '/' : path)
      for (const name of names.filter(fits).sort()) found.push(`${path}/${name}`)
    }
    paths = found
  }
  return paths
}

/** What tells whether a path fits a pattern, by the same rules. */
export function globMatcher(pattern: string): (path: string) => boolean {
  const parts = pattern.split('/').map(componentMatcher)
  return path => {
    const names = path.split('/')
    return names.length === parts.length && names.every((name, index) => parts[index]?.(name))
  }
}

/** Whether a name fits one component of a pattern. */
export function componentMatcher(part: string): (name: string) => boolean {
  let source = ''
  for (let at = 0; at < part.length; at++) {
    const char = part[at] ?? ''
    const close = char === '[' ? part.indexOf(']', at + 2) : -1
    if (char === '*') source += '[^/]*'
    else if (char === '?') source += '[^/]'
    else if (close !== -1) {
      source += `[${part
        .slice(at + 1, close)
        .replace(/^!/, '^')
        .replace(/[\\[\]]/g, '\\$&')}]`
      at = close
    } else source += (char === '\\' ? (part[++at] ?? '\\') : char).replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  }
  const expression = new RegExp(`^${source}$`, 's')
  return name => (part.startsWith('.') || !name.startsWith('.')) && expression.test(name)
}
