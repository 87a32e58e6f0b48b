import { expositionText } from '../../net/exposition/exposition-text.ts'
import { masked } from '../../probe/index.ts'
import { yamlText } from '../../render/yaml-text.ts'
import { type BlackboxModule, moduleField } from './config/module.ts'
import type { ProbeResult } from './probe-target.ts'

/** All that there is to tell of a probe, for whoever asks why: what happened, the figures, and the module without its secrets. */
export function debugText({ lines, families, secrets }: ProbeResult, module: BlackboxModule): string {
  const configuration = moduleField.tell(module) ?? {}
  const text = [
    'Logs for the probe:',
    ...lines,
    '\n\n\nMetrics that would have been returned:',
    expositionText(families, 'text'),
    '\n\nModule configuration:',
    yamlText(configuration),
    '',
  ].join('\n')
  return masked(text, secrets)
}
