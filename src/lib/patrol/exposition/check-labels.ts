import { labelText } from '../../net/exposition/family.ts'

/** Labels of a check as they stand between the braces, in UTF-8; in the metrics that have a label of their own besides too. */
export interface CheckLabels {
  readonly all: Uint8Array
  readonly besideReason: Uint8Array
  readonly besideDimension: Uint8Array
}

export function checkLabels(labels: Readonly<Record<string, string>>): CheckLabels {
  const all = Buffer.from(labelText(labels))
  return { all, besideReason: beside('reason', { labels, all }), besideDimension: beside('dimension', { labels, all }) }
}

/** A label of the same name gives way, as it does at Prometheus when a scrape brings one that is taken. */
function beside(
  taken: string,
  { labels, all }: { readonly labels: Readonly<Record<string, string>>; readonly all: Uint8Array },
): Uint8Array {
  const { [taken]: other, ...rest } = labels
  return other === undefined ? all : Buffer.from(labelText({ ...rest, [`exported_${taken}`]: other }))
}
