import { fieldValues } from '../../../net/http1/field.ts'
import { phaseNames } from '../../../net/phases.ts'
import type { Look } from '../look/look.ts'
import { tellTls } from '../look/tls-metrics.ts'
import type { HopAnswer } from './ask-hop.ts'

/** What the last server answered. `insecure`: its certificate was not looked at. */
export function tellAnswer(look: Look, { status, version, headers, isTls }: HopAnswer, insecure: boolean): void {
  const { gauges, progress } = look
  gauges.set('probe_http_status_code', status)
  gauges.set('probe_http_version', Number(version))
  gauges.set('probe_http_ssl', isTls ? 1 : 0)
  const [length] = fieldValues(headers, 'content-length')
  const hasBody = status !== 204 && status !== 304
  gauges.set('probe_http_content_length', length !== undefined && status !== 204 ? Number(length) || 0 : hasBody ? -1 : 0)
  const changed = Date.parse(fieldValues(headers, 'last-modified')[0] ?? '')
  if (!Number.isNaN(changed)) gauges.set('probe_http_last_modified_timestamp_seconds', changed / 1000)
  if (progress.tls) tellTls(look, progress.tls, { insecure, cipher: true })
}

/** Our stages in the words of blackbox_exporter. That of the name is told when the address is chosen; here are those of redirects. */
export function tellPhases({ gauges, progress }: Look): void {
  for (const phase of phaseNames) {
    const ms = progress.phases[phase]
    if (ms !== undefined) gauges.add('probe_http_duration_seconds', ms / 1000, { phase: phase === 'wait' ? 'processing' : phase })
  }
}
