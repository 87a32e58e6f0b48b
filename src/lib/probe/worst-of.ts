import { type Verdict, worstVerdict } from '../core/item.ts'

/** The first of those with the worst verdict; undefined of none. */
export function worstOf<T extends { readonly verdict: Verdict }>(several: readonly T[]): T | undefined {
  let [worst] = several
  for (const each of several) {
    if (worst === undefined || each.verdict === worst.verdict) continue
    if (worstVerdict([each.verdict, worst.verdict]) === each.verdict) worst = each
  }
  return worst
}
