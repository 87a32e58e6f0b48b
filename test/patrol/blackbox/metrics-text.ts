/** The samples of a text of Prometheus: by name and labels, the value. */
export function samplesOf(text: string): Map<string, number> {
  const samples = new Map<string, number>()
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue
    const [, series = '', value = ''] = /^(\S+?(?:\{.*\})?) (\S+)$/.exec(line) ?? []
    if (series === '') throw new Error(`no sample: ${line}`)
    samples.set(series, Number(value.replace('+Inf', 'Infinity')))
  }
  return samples
}

export const nameOf = (series: string): string => series.replace(/\{.*$/s, '')

/** Those that blackbox_exporter 0.23 has not. */
const ours = /^probe_(timeout_seconds|failure_info|tls_cipher_info|failed_due_to_cel|failed_due_to_bytes)\b/
/** Those that can not be equal. */
const times = /_(duration|lookup_time)_seconds\b/

/** In what two answers differ that should tell the same; nothing where they do. */
export function differences(own: string, theirs: string): string[] {
  const [mine, other] = [samplesOf(own), samplesOf(theirs)]
  const lacking = [...other.keys()].filter(series => !mine.has(series) && !isQuirk(series, mine, other))
  const beyond = [...mine.keys()].filter(series => !other.has(series) && !ours.test(series) && !isQuirk(series, mine, other))
  const values = [...other].filter(
    ([series, value]) => mine.has(series) && !times.test(series) && mine.get(series) !== value && !isQuirk(series, mine, other),
  )
  const slow = [...mine].filter(([series, value]) => times.test(series) && !(value >= 0 && value < 30))
  return [
    ...lacking.map(series => `lacks ${series}`),
    ...beyond.map(series => `has ${series}`),
    ...values.map(([series, value]) => `${series} is ${mine.get(series)}, not ${value}`),
    ...slow.map(([series, value]) => `${series} is ${value}`),
  ]
}

/**
 * The end of a certificate is told also where it is not accepted; and not where there is none (gRPC, as in later versions of theirs). Of a
 * body that breaks off nothing is told but that it does.
 */
const isQuirk = (series: string, mine: Map<string, number>, theirs: Map<string, number>): boolean =>
  (series === 'probe_ssl_earliest_cert_expiry' && (theirs.get(series) === 0 || mine.get('probe_success') === 0)) ||
  (series === 'probe_http_uncompressed_body_length' && mine.get(series) === 0 && mine.get('probe_success') === 0)
