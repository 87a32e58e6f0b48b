import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { jsonFault, jsonPlace } from '../config/json-text.ts'
import { compileFirstFault } from '../config/schema-check.ts'
import { OpsError } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import { sha256 } from '../core/sha256.ts'
import { reportSchema } from '../render/report-schema.ts'
import type { WrittenReport } from './written-report.ts'

/** A report with the file that it stands in. */
export interface GivenReport {
  /** As it was given. */
  readonly file: string
  /** Of the whole text: the same for copies. */
  readonly digest: string
  readonly report: WrittenReport
}

/** Larger than any report that opsctl writes, and still a text that fits into memory. */
const maxBytes = 512 * 1024 * 1024

/** Reads files that `-o json` wrote. @throws OpsError E_REPORT with `file:line:column` */
export function reportReader(directory: string): (file: string) => Promise<GivenReport> {
  const faultOf = compileFirstFault(reportSchema)
  return async file => {
    const text = await textOf(file, resolve(directory, file))
    demandJson(text, file)
    const document: Json = JSON.parse(text)
    demandVersion(document, { file, text })
    const fault = faultOf(document)
    if (fault) throw wrong(file, { ...jsonPlace(text, fault.path), problem: `no report: ${fault.problem}` }, howToWrite)
    // What the schema says of a document and what the type says of it are the same.
    const report = document as unknown as WrittenReport
    demandItems(report, { file, text })
    return { file, digest: sha256().update(text).digest('hex'), report }
  }
}

const howToWrite = 'reports are written with -o json=FILE, by commands that judge or do something'

async function textOf(file: string, path: string): Promise<string> {
  try {
    const { size } = await stat(path)
    if (size > maxBytes) throw new OpsError('E_REPORT', `${file}: larger than 512 MiB`, { data: { file } })
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof OpsError) throw error
    const why = error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'there is no such file' : 'can not be read'
    throw new OpsError('E_REPORT', `${file}: ${why}`, { data: { file }, cause: error })
  }
}

function demandJson(text: string, file: string): void {
  const fault = jsonFault(text)
  if (!fault) return
  // A report ends as it begins.
  const isCutShort = text.startsWith('{') && !text.trimEnd().endsWith('}')
  const problem = `${text.trim() === '' ? 'empty' : isCutShort ? 'cut short' : 'no JSON'}: ${fault.problem}`
  throw wrong(file, { ...fault, problem }, isCutShort ? 'the run that wrote it did not finish, or the copy did not' : howToWrite)
}

/** Told by itself: a newer opsctl wrote it, and nothing is damaged. */
function demandVersion(document: Json, { file, text }: { readonly file: string; readonly text: string }): void {
  const version = typeof document === 'object' && document !== null && 'version' in document ? document.version : undefined
  if (typeof version !== 'number' || version === 1) return
  throw wrong(
    file,
    { ...jsonPlace(text, ['version']), problem: `a report of version ${version}, and only 1 is known` },
    'use the opsctl that wrote it',
  )
}

/** Whatever is counted is listed or omitted: else somebody took something out, and the exit code would follow from what is not there. */
function demandItems(
  { counts, items, omitted }: WrittenReport,
  { file, text }: { readonly file: string; readonly text: string },
): void {
  if (counts.total === items.length + omitted) return
  const problem = `no report: it counts ${counts.total} items, lists ${items.length} and omits ${omitted}`
  throw wrong(file, { ...jsonPlace(text, ['counts', 'total']), problem }, 'leave reports as they were written')
}

interface Problem {
  readonly line: number
  readonly column: number
  readonly problem: string
}

const wrong = (file: string, { line, column, problem }: Problem, hint: string): OpsError =>
  new OpsError('E_REPORT', `${file}:${line}:${column}: ${problem}`, { hint, data: { file, line, column } })
