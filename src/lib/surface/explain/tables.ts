import type { Context } from '../../core/context.ts'
import { type ErrorCode, type ErrorCodeInfo, errorCodes } from '../../core/errors.ts'
import { exitCodes, precedence } from '../../core/exit.ts'
import { reasons } from '../../core/item.ts'
import { type Answer, pageOf } from './answer.ts'

const codes: Readonly<Record<string, ErrorCodeInfo>> = errorCodes
const exits: Readonly<Record<string, string>> = exitCodes
const sentences: Readonly<Record<string, string>> = reasons

/** `e_auth`, `E_AUTH` or `auth-less` words in any case; nothing for words that are no code. */
export function errorAnswer(context: Context, word: string): Answer | undefined {
  const code = word.toUpperCase()
  const info = codes[code]
  if (info === undefined) return undefined
  const page = pageOf(context)
  const { exit, meaning, todo } = info
  return {
    text: [code, page.paragraph(meaning), page.paragraph(todo), `Exit code ${exit}: ${exits[exit]}.`].join('\n\n'),
    data: { code, exit, meaning, todo },
  }
}

export function errorsAnswer(context: Context): Answer {
  const rows = Object.entries(errorCodes) as [ErrorCode, ErrorCodeInfo][]
  return {
    text: `Error codes\n${pageOf(context).table(rows.map(([code, { meaning, exit }]) => [code, `${meaning} Exit code ${exit}.`]))}`,
    data: { errors: rows.map(([code, { exit, meaning, todo }]) => ({ code, exit, meaning, todo })) },
  }
}

export function exitAnswer(context: Context, word: string): Answer | undefined {
  const meaning = exits[word]
  if (meaning === undefined) return undefined
  const exit = Number(word)
  const rows = Object.entries(codes).filter(([, info]) => info.exit === exit)
  const errors = rows.length > 0 ? `\n\nErrors\n${pageOf(context).table(rows.map(([code, info]) => [code, info.meaning]))}` : ''
  return { text: `Exit code ${word}: ${meaning}.${errors}`, data: { exit, meaning, errors: rows.map(([code]) => code) } }
}

export function exitCodesAnswer(context: Context): Answer {
  const page = pageOf(context)
  const rule = `When several apply, the first of these wins: ${precedence.join(' ')}. An error before or after the run has its own code. With -o nagios the codes are 0, 1, 2 and 3 of Nagios plugins. Treat a code that is not listed as a failure.`
  return {
    text: `Exit codes\n${page.table(Object.entries(exitCodes))}\n\n${page.paragraph(rule)}`,
    data: { exitCodes: Object.entries(exitCodes).map(([exit, meaning]) => ({ exit: Number(exit), meaning })), precedence },
  }
}

export function reasonAnswer(context: Context, word: string): Answer | undefined {
  const meaning = sentences[word]
  if (meaning === undefined) return undefined
  const code = `E_${word.toUpperCase()}`
  const more = codes[code] ? `\n\n${pageOf(context).paragraph(codes[code].todo)}` : ''
  return { text: `Reason ${word}: ${meaning}.${more}`, data: { reason: word, meaning } }
}

export function reasonsAnswer(context: Context): Answer {
  return {
    text: `Reasons of an item that is not ok\n${pageOf(context).table(Object.entries(reasons))}`,
    data: { reasons: Object.entries(reasons).map(([reason, meaning]) => ({ reason, meaning })) },
  }
}
