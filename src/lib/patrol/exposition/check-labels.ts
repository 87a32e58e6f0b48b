import { labelText } from './family.ts'

/** Labels of a check as text, in the metrics that have one of their own besides too. */
export interface CheckLabels {
  readonly all: string
  readonly besideReason: string
  readonly besideDimension: string
}

export function checkLabels(labels: Readonly<Record<string, string>>): CheckLabels {
  const all = labelText(labels)
  return { all, besideReason: beside('reason', { labels, all }), besideDimension: beside('dimension', { labels, all }) }
}

/** A label of the same name gives way, as it does at Prometheus when a scrape brings one that is taken. */
function beside(
  taken: string,
  { labels, all }: { readonly labels: Readonly<Record<string, string>>; readonly all: string },
): string {
  const { [taken]: other, ...rest } = labels
  return other === undefined ? all : labelText({ ...rest, [`exported_${taken}`]: other })
}
