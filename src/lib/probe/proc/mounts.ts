/** One line of /proc/self/mountinfo (proc(5)). */
export interface Mount {
  /** `major:minor`. */
  readonly device: string
  readonly point: string
  /** Of the mount, and of what is mounted: either may be read-only. */
  readonly options: readonly string[]
  readonly type: string
  readonly source: string
}

/** In the order in which they were made: of two at one place, the later hides the earlier. */
export function mounts(text: string): Mount[] {
  return text.split('\n').flatMap(line => {
    const [before = '', after] = line.split(/ - (.*)/s)
    const [, , device, , point, options] = before.split(' ')
    const [type, source, more = ''] = after?.split(' ') ?? []
    if (!device || !point || !options || !type || source === undefined) return []
    return [
      { device, point: unescaped(point), options: [...options.split(','), ...more.split(',')], type, source: unescaped(source) },
    ]
  })
}

/** What is mounted at a path, of the text that `mounts` takes, without reading all of it. */
export function mountAt(text: string, path: string): Mount | undefined {
  // Of a place whose name is written in another way, any line with a backslash may tell.
  const lines = text.split('\n').filter(line => line.includes(` ${path} `) || line.includes('\\'))
  return mounts(lines.join('\n')).findLast(({ point }) => point === path)
}

export const isReadOnly = ({ options }: Mount): boolean => options.includes('ro')

/** Blanks, line ends and backslashes stand there as three octal digits. */
function unescaped(text: string): string {
  if (!text.includes('\\')) return text
  const bytes = Buffer.from(text).toString('latin1')
  const plain = bytes.replace(/\\([0-7]{3})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 8)))
  return Buffer.from(plain, 'latin1').toString()
}
