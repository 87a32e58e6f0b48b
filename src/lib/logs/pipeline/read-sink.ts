import { readTexts } from '../../core/file-fields.ts'
import type { FileNode } from '../../core/file-node.ts'
import { nearest } from '../../core/nearest.ts'
import { readFilter } from '../shape/index.ts'
import type { PipelineSink } from './pipeline.ts'
import { type Components, readComponent } from './read-component.ts'

/** What every sink has besides its own parameters. */
const besides = ['from', 'when'] as const

interface SinkReading {
  readonly components: Components
  /** Names of all sources, those that are wrong too. */
  readonly sources: readonly string[]
}

/** One member of `sinks:`. */
export async function readSink({ components, sources }: SinkReading, node: FileNode): Promise<PipelineSink | undefined> {
  const name = String(node.key)
  const found = await readComponent(components, node, { kind: 'sink', besides })
  const from = readFrom(node.child('from'), sources)
  const filter = readFilter(node.child('when'))
  return (
    found && {
      name,
      sink: found.built,
      type: found.type,
      config: JSON.stringify(node.value),
      ...(from && { sources: from }),
      ...(filter && { filter }),
    }
  )
}

function readFrom(node: FileNode, sources: readonly string[]): string[] | undefined {
  if (node.isAbsent) return undefined
  const names: string[] = []
  for (const each of readTexts(node, 'the name of a source')) {
    const name = String(each.value)
    if (sources.includes(name)) names.push(name)
    else {
      const close = nearest(name, sources)
      each.wrong(`there is no source '${name}'`, { hint: close ? `did you mean ${close}?` : `there are ${sources.join(', ')}` })
    }
  }
  if (names.length === 0 && Array.isArray(node.value) && node.value.length === 0)
    node.wrong('from is an empty list: nothing would come')
  return names
}
