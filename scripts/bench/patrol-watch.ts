import { percentile } from './figures.ts'
import type { PatrolDaemon, Scrape } from './patrol-daemon.ts'

/** What a patrol did in a stretch of time. */
export interface Watched {
  readonly startsPerS: number
  /** Of a second of one processor. */
  readonly cpuShare: number
  /** Milliseconds, by class, between the bounds of the histogram by proportion. */
  readonly lagMs: Readonly<Record<string, { readonly p50: number; readonly p99: number }>>
  /** Due and not begun, by class, at the end. */
  readonly due: Readonly<Record<string, number>>
  /** At every look, MiB. */
  readonly residentMiB: readonly number[]
}

const classes = ['P0', 'P1', 'P2'] as const

/** Scraped every half minute, as Prometheus would. */
export async function watch(daemon: PatrolDaemon, seconds: number): Promise<Watched> {
  const [before, cpuBefore, start] = [await daemon.scrape(), daemon.peaks.cpuS, performance.now()]
  const residentMiB: number[] = []
  while (performance.now() - start < seconds * 1000) {
    await Bun.sleep(1000)
    residentMiB.push(daemon.residentMiB)
    if (residentMiB.length % 30 === 0) await daemon.scrape()
  }
  const [cpuS, elapsedS] = [daemon.peaks.cpuS - cpuBefore, (performance.now() - start) / 1000]
  const after = await daemon.scrape()
  const grown = (series: string): number => (after.series.get(series) ?? Number.NaN) - (before.series.get(series) ?? 0)
  const starts = classes.reduce((all, sla) => all + grown(`opsctl_patrol_runs_total{sla="${sla}"}`), 0)
  const lag = (sla: string) => ({ p50: lagAt(0.5, sla, { before, after }), p99: lagAt(0.99, sla, { before, after }) })
  return {
    startsPerS: starts / elapsedS,
    cpuShare: cpuS / elapsedS,
    lagMs: Object.fromEntries(classes.map(sla => [sla, lag(sla)])),
    due: Object.fromEntries(classes.map(sla => [sla, after.series.get(`opsctl_patrol_due{sla="${sla}"}`) ?? Number.NaN])),
    residentMiB,
  }
}

/** Median and most milliseconds of twenty scrapes, half a second apart. */
export async function timeScrapes(
  daemon: PatrolDaemon,
): Promise<{ readonly median: number; readonly most: number; readonly kB: number }> {
  const scrapes: Scrape[] = []
  for (let turn = 0; turn < 20; turn++) {
    await Bun.sleep(500)
    scrapes.push(await daemon.scrape())
  }
  const times = scrapes.map(({ ms }) => ms)
  return { median: percentile(times, 0.5), most: Math.max(...times), kB: (scrapes[0]?.bytes ?? 0) / 1000 }
}

/** As histogram_quantile of Prometheus does it. */
function lagAt(share: number, sla: string, { before, after }: { readonly before: Scrape; readonly after: Scrape }): number {
  const prefix = `opsctl_patrol_lag_seconds_bucket{sla="${sla}",le="`
  const buckets = [...after.series.keys()]
    .filter(series => series.startsWith(prefix))
    .map(series => ({
      bound: Number(series.slice(prefix.length, -2).replace('+Inf', 'Infinity')),
      count: (after.series.get(series) ?? 0) - (before.series.get(series) ?? 0),
    }))
    .sort((a, b) => a.bound - b.bound)
  const wanted = (buckets.at(-1)?.count ?? Number.NaN) * share
  const at = buckets.findIndex(({ count }) => count >= wanted)
  const [bucket, below] = [buckets[at], buckets[at - 1] ?? { bound: 0, count: 0 }]
  if (bucket === undefined || bucket.count === below.count) return Number.NaN
  if (bucket.bound === Number.POSITIVE_INFINITY) return bucket.bound
  return (below.bound + ((bucket.bound - below.bound) * (wanted - below.count)) / (bucket.count - below.count)) * 1000
}
