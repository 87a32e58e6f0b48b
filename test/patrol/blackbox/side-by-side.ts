import { expect } from 'bun:test'
import { blackboxExporter } from './blackbox-exporter.ts'
import { differences, samplesOf } from './metrics-text.ts'
import { ownProber } from './own-prober.ts'

export interface Wanted {
  readonly passes: boolean
  readonly reason?: string | undefined
}

export interface SideBySide extends AsyncDisposable {
  /** Both probe; what they find must be the same, and as wanted. Gives our answer. */
  probe(query: Readonly<Record<string, string>>, wanted: Wanted, seconds?: number): Promise<string>
}

/** blackbox_exporter and opsctl, with the same configuration. */
export async function sideBySide(directory: string, config: string): Promise<SideBySide> {
  const theirs = await blackboxExporter(directory, config)
  const ours = await ownProber(config)
  return {
    async probe(query, { passes, reason }, seconds) {
      const [own, their] = [await ours.probe(query, seconds), await theirs.probe(query, seconds)]
      expect(own.status).toBe(their.status)
      expect(differences(own.body, their.body)).toEqual([])
      expect(samplesOf(own.body).get('probe_success')).toBe(passes ? 1 : 0)
      if (reason) expect(own.body).toContain(`probe_failure_info{reason="${reason}"} 1`)
      return own.body
    },
    async [Symbol.asyncDispose]() {
      await ours[Symbol.asyncDispose]()
      await theirs[Symbol.asyncDispose]()
    },
  }
}

/** A module of one kind, with settings in the flow style of YAML, whose braces may be left out. */
export const moduleLine = (prober: string, name: string, settings = '{}'): string =>
  `  ${name}: { prober: ${prober}, timeout: 5s, ${prober}: ${settings.startsWith('{') ? settings : `{ ${settings} }`} }\n`
