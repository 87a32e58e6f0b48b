import type { Reading } from '../core/check.ts'
import { lastWords } from '../transport/host-script.ts'
import type { Section } from './reading-script.ts'

/** Status of a reading of what is not there (EX_NOINPUT of sysexits.h). */
export const notThere = 66

const script = `if [ -e "$1" ]; then cat <"$1"; else exit ${notThere}; fi`

/** Reads a file as it is. */
export const fileReading = (path: string): Reading => ({ does: `read ${path}`, script, args: [path] })

// Files of the kernel are many and small, and starting a program for each would be most of the work: one grep reads all of them. It
// writes the path before every line, so that none can pass for that of another.

/** A file of text that the kernel writes, line by line. */
export const isKernelFile = (reading: Reading): boolean => reading.script === script && /^\/(proc|sys)\//.test(pathOf(reading))

const pathOf = ({ args: [path = ''] = [] }: Reading): string => path

/** Shell: reads the files that these words name, whatever the bytes in them mean. */
export const readKernelFiles = (words: readonly string[]): string => `LC_ALL=C grep -H "" -- ${words.join(' ')}`

/** What was read of each file. */
export function splitKernelFiles(section: Section, readings: readonly Reading[]): ReadonlyMap<Reading, Section> {
  const byPath = linesByPath(section, readings.map(pathOf))
  return new Map(readings.map(reading => [reading, sectionOf(section, byPath.get(pathOf(reading)) ?? [], pathOf(reading))]))
}

/** grep takes file after file, so that most lines are of that of the line before. */
function linesByPath({ stdout }: Section, paths: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const files = paths.map(path => ({ path, prefix: `${path}:`, lines: [] as string[] }))
  let [file] = files
  // The bytes stay as they are.
  for (const line of stdout.toString('latin1').split('\n')) {
    if (file && !line.startsWith(file.prefix)) file = files.find(({ prefix }) => line.startsWith(prefix)) ?? file
    if (file && line.startsWith(file.prefix)) file.lines.push(`${line.slice(file.prefix.length)}\n`)
  }
  return new Map(files.map(({ path, lines }) => [path, lines]))
}

function sectionOf(section: Section, own: readonly string[], path: string): Section {
  const stdout = Buffer.from(own.join(''), 'latin1')
  if (section.code <= 2 && section.stderr === '') return { ...section, code: 0, stdout }
  const stderr = section.stderr.split('\n').filter(line => line.includes(` ${path}: `))
  // 0 and 1 tell whether there was any line, 2 that something could not be read.
  const known = section.code <= 2
  const code = !known
    ? section.code
    : stderr.length === 0
      ? 0
      : /no such file/i.test(lastWords({ stderr: Buffer.from(stderr.join('\n')) }))
        ? notThere
        : 2
  return { ...section, code, stdout, stderr: known ? stderr.join('\n') : section.stderr }
}
