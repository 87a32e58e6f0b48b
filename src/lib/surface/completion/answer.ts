import type { Candidate } from './offer.ts'

/**
 * What `opsctl __complete` prints for the scripts: a first line `words`, `files PREFIX` or `directories PREFIX`, then a candidate a
 * line with what it does behind a tab. PREFIX stays in front of the file.
 */
export function answerText(answer: Answer): string {
  if (answer.kind !== 'words') return `${answer.kind} ${answer.prefix}\n`
  return [
    'words',
    ...answer.candidates.filter(isSafe).map(({ word, does }) => (does ? `${word}\t${oneLine(does)}` : word)),
    '',
  ].join('\n')
}

export type Answer =
  | { readonly kind: 'words'; readonly candidates: readonly Candidate[] }
  | { readonly kind: 'files' | 'directories'; readonly prefix: string }

/** The shell puts a candidate into the line as it is: one with blanks, quotes or `$` would mean something else there. */
const isSafe = ({ word }: Candidate): boolean => /^[\p{L}\p{N}_.:@%+=,/!&^[\]-]+$/u.test(word)

const oneLine = (text: string): string => text.replace(/[\p{Cc}\s]+/gu, ' ')
