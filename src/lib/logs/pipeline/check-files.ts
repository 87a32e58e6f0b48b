import type { FileNode } from '../../core/file-node.ts'
import type { Pipeline, PipelineSink, PipelineSource } from './pipeline.ts'

type Ends = Pick<Pipeline, 'sources' | 'sinks'> & { readonly cwd: string }

/** Notes what gets into its own way: records that are read again as lines, two sinks that write one file, stdin that is read twice. */
export function checkFiles({ sources, sinks, cwd }: Ends, top: FileNode): void {
  const stdin = sources.filter(({ type }) => type === 'stdin')
  for (const { name } of stdin.slice(1))
    top.child('sources').child(name).wrong(`stdin is read by '${stdin[0]?.name}' already`, { part: 'key' })
  for (const [index, sink] of sinks.entries()) {
    const written = sink.sink.writesFiles?.(cwd) ?? []
    const path = top.child('sinks').child(sink.name).child('path')
    const other = sinks
      .slice(0, index)
      .find(before => written[0] !== undefined && before.sink.writesFiles?.(cwd)[0] === written[0])
    if (other)
      path.wrong(`'${other.name}' writes this file too`, { hint: 'one sink with from: [ … ] takes records of several sources' })
    const round = sources.find(source => gets(sink, source) && written.some(file => source.source.readsFile?.(file, cwd)))
    if (round)
      path.wrong(`'${round.name}' reads this file: what is written would be read again, for ever`, {
        hint: `write to another directory, or give ${round.name} an exclude:`,
      })
  }
}

const gets = ({ sources }: PipelineSink, { name }: PipelineSource): boolean => sources?.includes(name) ?? true
