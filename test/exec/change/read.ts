import { parseYamlDocument } from '../../../src/lib/config/yaml-document.ts'
import { OpsError } from '../../../src/lib/core/errors.ts'
import { type Change, readChange } from '../../../src/lib/exec/change/change.ts'
import { SourceError } from '../../../src/lib/plan/file/source.ts'
import { fakeLookup } from './fake-components.ts'

export const path = 'change.yaml'

/** Reads a change beside which there is one file, nginx.conf. */
export async function read(text: string): Promise<Change> {
  const document = parseYamlDocument(text, path, 'E_PLAN')
  return readChange({
    path,
    text,
    document,
    components: fakeLookup,
    async readSource(source) {
      if (source === 'nginx.conf') return Buffer.from('events {}\n')
      throw new SourceError('does not exist')
    },
  })
}

/** The error that a text gets. */
export async function refusal(text: string): Promise<OpsError> {
  try {
    await read(text)
  } catch (error) {
    if (error instanceof OpsError) return error
    throw error
  }
  throw new Error('was accepted')
}
