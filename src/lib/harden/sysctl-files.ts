import type { Facts } from '../core/rule.ts'

/** Where settings for the next boot stand, strongest directory first: a file hides those of its name in the others. */
const directories = ['/etc/sysctl.d', '/run/sysctl.d', '/usr/local/lib/sysctl.d', '/usr/lib/sysctl.d', '/lib/sysctl.d']
const lastFile = '/etc/sysctl.conf'
export const sysctlPatterns = [...directories.map(directory => `${directory}/*.conf`), lastFile]

/** A line that sets something for the next boot. */
export interface SysctlLine {
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly key: string
  readonly value: string
}

/** The line that counts for a setting after a boot, sysctl.d(5): the last one; one with a wildcard only where none names it. */
export function lineFor(facts: Facts, key: string): SysctlLine | undefined {
  const lines = linesFor(facts, key)
  return lines.findLast(line => line.key === key) ?? lines.at(-1)
}

/** All lines that set it, in the order in which they are read. */
export function linesFor(facts: Facts, key: string): SysctlLine[] {
  return filesInOrder(facts).flatMap(({ path: file, text }) =>
    text.split('\n').flatMap((content, index) => {
      const [, name, value] = /^\s*-?([^#;\s=][^=]*?)\s*=\s*(.*?)\s*$/.exec(content) ?? []
      if (name === undefined || value === undefined) return []
      const dotted = name.includes('.') && name.search(/[./]/) === name.indexOf('.') ? name : name.replaceAll('/', '.')
      return dotted === key || covers(dotted, key)
        ? [{ file, line: index + 1, key: dotted, value: value.replace(/\s+/g, ' ') }]
        : []
    }),
  )
}

function filesInOrder({ texts }: Facts): { path: string; text: string }[] {
  const shown = new Map<string, { path: string; text: string }>()
  for (const directory of directories) {
    for (const { path, text, status } of texts) {
      if (status !== 'text' || !path.startsWith(`${directory}/`)) continue
      const name = path.slice(path.lastIndexOf('/') + 1)
      if (!shown.has(name)) shown.set(name, { path, text })
    }
  }
  const named = [...shown].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, file]) => file)
  return [...named, ...texts.filter(({ path, status }) => path === lastFile && status === 'text')]
}

function covers(pattern: string, key: string): boolean {
  if (!pattern.includes('*')) return false
  const source = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^.]*')
  return new RegExp(`^${source}$`).test(key)
}
