import type { ReadingOutput } from '../core/check.ts'

// What one run of a script printed for many readings: a line for each, which begins with what it is about.
//
//     KEY=ANSWER
//     KEY?STATUS COMPLAINT

/** Of the lines of all readings the answer with this key, or why there is none. Several answers stay several lines. */
export function ownLines(all: ReadingOutput, key: string): ReadingOutput {
  const lines = all.stdout.toString('latin1').split('\n')
  const bytes = Buffer.from(key).toString('latin1')
  const answers = lines.filter(line => line.startsWith(`${bytes}=`)).map(line => `${line.slice(bytes.length + 1)}\n`)
  if (answers.length > 0) return { ...all, code: 0, stdout: Buffer.from(answers.join(''), 'latin1') }
  const [, status, complaint = ''] =
    /^(\d+) ?(.*)$/.exec(lines.find(line => line.startsWith(`${bytes}?`))?.slice(bytes.length + 1) ?? '') ?? []
  if (status !== undefined)
    return { ...all, code: Number(status), stdout: Buffer.alloc(0), complaint: Buffer.from(complaint, 'latin1').toString() }
  // The script did not come to it.
  return { ...all, code: all.code === 0 ? 1 : all.code, stdout: Buffer.alloc(0) }
}
