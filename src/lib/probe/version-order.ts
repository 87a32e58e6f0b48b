/** Below 0 when the first is older, 0 when they are the same. */
export type VersionOrder = (one: string, other: string) => number

/** As dpkg orders versions: epoch, upstream version, revision; `~` stands before everything (deb-version(7)). */
export const debianOrder: VersionOrder = (one, other) => inParts(one, other, compareDebian)

/** As rpm orders versions: epoch, version, release; `~` stands before everything, `^` after the end (rpmvercmp). */
export const rpmOrder: VersionOrder = (one, other) => inParts(one, other, compareRpm)

/** As apk orders versions, for those that packages have: numbers, a letter, suffixes such as _rc1, a revision -r2. */
export const apkOrder: VersionOrder = (one, other) => compareDebian(apkWords(one), apkWords(other))

function inParts(one: string, other: string, compare: VersionOrder): number {
  const [first, second] = [parts(one), parts(other)]
  return first.epoch - second.epoch || compare(first.version, second.version) || compare(first.revision, second.revision)
}

export function parts(version: string): { readonly epoch: number; readonly version: string; readonly revision: string } {
  const [, epoch = '0', rest = ''] = /^(?:(\d+):)?(.*)$/s.exec(version) ?? []
  const dash = rest.lastIndexOf('-')
  return {
    epoch: Number(epoch),
    version: dash === -1 ? rest : rest.slice(0, dash),
    revision: dash === -1 ? '' : rest.slice(dash + 1),
  }
}

/** Texts without digits and numbers take turns. */
function compareDebian(one: string, other: string): number {
  const [first, second] = [pieces(one), pieces(other)]
  for (let at = 0; at < Math.max(first.length, second.length); at++) {
    const [a = '', b = ''] = [first[at], second[at]]
    const order = at % 2 === 0 ? compareText(a, b) : compareNumber(a, b)
    if (order !== 0) return order
  }
  return 0
}

/** Even places hold texts, odd ones numbers. */
const pieces = (version: string): string[] => version.split(/(\d+)/)

/** `~` stands before the end, letters after it, other signs after letters. */
function compareText(one: string, other: string): number {
  const weight = (sign: string | undefined): number => {
    if (sign === '~') return -1
    if (sign === undefined) return 0
    return /[A-Za-z]/.test(sign) ? sign.charCodeAt(0) : sign.charCodeAt(0) + 256
  }
  for (let at = 0; at < Math.max(one.length, other.length); at++) {
    const order = weight(one[at]) - weight(other[at])
    if (order !== 0) return order
  }
  return 0
}

/** Numbers of any length. */
function compareNumber(one: string, other: string): number {
  const [a, b] = [one.replace(/^0+/, ''), other.replace(/^0+/, '')]
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0)
}

/** Runs of digits or letters, with what is between them left out. */
function compareRpm(one: string, other: string): number {
  const words = (version: string): string[] => version.match(/\d+|[A-Za-z]+|~|\^/g) ?? []
  const [first, second] = [words(one), words(other)]
  for (let at = 0; ; at++) {
    const [a, b] = [first[at], second[at]]
    if (a === b && a === undefined) return 0
    if (a === '~' || b === '~') {
      if (a !== b) return a === '~' ? -1 : 1
    } else if (a === '^' || b === '^') {
      if (a === undefined) return -1
      if (b === undefined) return 1
      if (a !== b) return a === '^' ? -1 : 1
    } else if (a === undefined || b === undefined) return a === undefined ? -1 : 1
    else {
      const [number, otherNumber] = [/^\d/.test(a), /^\d/.test(b)]
      if (number !== otherNumber) return number ? 1 : -1
      const order = number ? compareNumber(a, b) : a < b ? -1 : a > b ? 1 : 0
      if (order !== 0) return order
    }
  }
}

/** Suffixes before a release begin with `~`, as Debian writes them; the revision counts last. */
const apkWords = (version: string): string =>
  version
    .replace(/_(alpha|beta|pre|rc)/g, '~$1')
    .replace(/_(cvs|svn|git|hg|p)/g, '+$1')
    .replace(/-r(\d+)$/, ' $1')
