import { type Facts, RuleUnseen } from '../core/rule.ts'
import { procPath } from '../plan/steps/sysctl.ts'

/** Where settings for the next boot stand, strongest directory first: a file hides those of its name in the others. */
const directories = ['/etc/sysctl.d', '/run/sysctl.d', '/usr/local/lib/sysctl.d', '/usr/lib/sysctl.d', '/lib/sysctl.d']
export const lastFile = '/etc/sysctl.conf'
export const sysctlPatterns = [...directories.map(directory => `${directory}/*.conf`), lastFile]

/** Is there where systemd sets the kernel at boot. It does not read the last file, unless a link in a directory leads to it. */
export const systemdMark = '/run/systemd/system'

/** A line that sets something for the next boot, or with no value keeps wildcards from setting it. */
export interface SysctlLine {
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly key: string
  readonly value: string
}

/** What reads the files: procps all of them, systemd not the last one. */
type Reader = 'procps' | 'systemd'

/**
 * The line that counts for a setting after a boot, sysctl.d(5): the last one that names it; where none does, the last one with a wildcard,
 * unless a line `-KEY` keeps them from it. @throws RuleUnseen for a file that can not be read
 */
export function lineFor(facts: Facts, key: string, reader: Reader = 'procps'): SysctlLine | undefined {
  const lines = assignments(facts, reader).filter(line => names(line.key, key))
  const own = lines.findLast(line => isPlain(line.key) && line.value !== undefined)
  const last = lines.some(({ value }) => value === undefined) ? undefined : lines.at(-1)
  return told(own ?? last, key)
}

/** All lines that name it, without a wildcard, in the order in which they are read. @throws RuleUnseen */
export function linesFor(facts: Facts, key: string): SysctlLine[] {
  return assignments(facts, 'procps').flatMap(line => {
    const known = isPlain(line.key) && names(line.key, key) ? told(line, key) : undefined
    return known ?? []
  })
}

type Assignment = Omit<SysctlLine, 'value'> & { readonly value: string | undefined }

const told = (line: Assignment | undefined, key: string): SysctlLine | undefined =>
  line?.value === undefined ? undefined : { ...line, key, value: plainValue(line.value) }

function assignments(facts: Facts, reader: Reader): Assignment[] {
  return filesInOrder(facts, reader).flatMap(({ path: file, text }) =>
    text.split('\n').flatMap((content, index) => {
      const [, minus, key, sign, value = ''] = /^\s*(-?)\s*([^#;\s=-][^=]*?)\s*(?:(=)\s*(.*?)\s*)?$/.exec(content) ?? []
      if (key === undefined || (sign === undefined && minus === '')) return []
      return [{ file, line: index + 1, key, value: sign === undefined ? undefined : value }]
    }),
  )
}

function filesInOrder({ texts }: Facts, reader: Reader): { path: string; text: string }[] {
  const files = texts.filter(({ pattern, status }) => sysctlPatterns.includes(pattern) && status !== 'absent')
  const unread = files.find(({ status }) => status !== 'text')
  if (unread) throw new RuleUnseen(`${unread.path} can not be read (${unread.status})`)
  const shown = new Map<string, { path: string; text: string }>()
  for (const directory of directories) {
    for (const { path, text } of files) {
      if (!path.startsWith(`${directory}/`)) continue
      const name = path.slice(path.lastIndexOf('/') + 1)
      if (!shown.has(name)) shown.set(name, { path, text })
    }
  }
  const named = [...shown].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, file]) => file)
  return reader === 'systemd' ? named : [...named, ...files.filter(({ path }) => path === lastFile)]
}

const isPlain = (name: string): boolean => !/[*?[]/.test(name)

/** Whether a name, perhaps with wildcards as glob(7) has them, is that of the setting. */
function names(written: string, key: string): boolean {
  if (isPlain(written)) return procPath(written) === procPath(key)
  const source = procPath(written)
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]')
    .replace(/\[!/g, '[^')
  try {
    return new RegExp(`^${source}$`).test(procPath(key))
  } catch {
    return false
  }
}

/** As the kernel takes a number: octal and hexadecimal too, and nothing behind a blank. Other values with single blanks. */
function plainValue(text: string): string {
  const [, sign = '', figure] = /^(-?)(0x[\da-f]+|\d+)(?:\s+\D.*)?$/i.exec(text) ?? []
  if (figure === undefined) return text.replace(/\s+/g, ' ')
  const value = /^0[0-7]+$/.test(figure) ? Number.parseInt(figure, 8) : Number(figure)
  return `${sign}${value}`
}
