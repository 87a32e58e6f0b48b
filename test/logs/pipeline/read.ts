import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Component, Kind } from '../../../src/lib/core/component.ts'
import { readPipeline } from '../../../src/lib/logs/pipeline/read-pipeline.ts'
import { components } from '../../../src/registry.generated.ts'

const directory = mkdtempSync(join(tmpdir(), 'opsctl-pipeline-'))

/** What reading a file needs: the real components, and a directory of the test. */
export const reading = {
  program: { name: 'opsctl', version: '0', commands: [], globals: [], components },
  paths: { state: directory, home: undefined, cwd: directory, config: [] },
  component: async <K extends Kind>(kind: K, type: string): Promise<Component<K>> => {
    const entry = components.find(each => each.kind === kind && each.type === type)
    // Of the kind that its folder is for: the registry is checked when it is made.
    return (await entry?.load())?.default as Component<K>
  },
}

/** Reads a text as the file of a pipeline. */
export async function readText(text: string) {
  writeFileSync(join(directory, 'pipeline.yaml'), text)
  return await readPipeline(reading, 'pipeline.yaml')
}
