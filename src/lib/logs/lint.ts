import type { Context } from '../core/context.ts'
import type { Document } from '../core/report.ts'
import { columnTable } from '../surface/column-table.ts'
import { readPipeline } from './pipeline/read-pipeline.ts'

/** Reads the file of a pipeline just as a start does, opens and contacts nothing, and tells what it is. @throws OpsError E_CONFIG */
export async function lintPipeline(context: Context, { pipeline: path }: { readonly pipeline: string }): Promise<Document> {
  const { sources, sinks, tests } = await readPipeline(context, path)
  const read = sources.map(({ name, type, source, format }) => ({
    name,
    type,
    reads: source.title,
    format: format?.name ?? 'auto',
  }))
  const delivered = sinks.map(({ name, type, sink, sources: from }) => ({ name, type, to: sink.title, from: from ?? null }))
  return {
    mime: 'text/plain',
    text: [
      columnTable(
        ['SOURCE', 'TYPE', 'FORMAT', 'READS'],
        read.map(({ name, type, format, reads }) => [name, type, format, reads]),
      ),
      '',
      columnTable(
        ['SINK', 'TYPE', 'FROM', 'DELIVERS TO'],
        delivered.map(({ name, type, from, to }) => [name, type, from?.join(',') ?? 'all', to]),
      ),
      '',
      `${path} is well-formed${told(tests.length)}`,
      '',
    ].join('\n'),
    data: { sources: read, sinks: delivered, tests: tests.length },
  }
}

const told = (tests: number): string => (tests === 0 ? '' : tests === 1 ? ', and has 1 test' : `, and has ${tests} tests`)
