import type { Context } from '../../core/context.ts'
import type { Document } from '../../core/report.ts'
import { changeSchema } from './schema.ts'

/** The JSON Schema of change files, for editors. */
export async function changeSchemaDocument({ components }: Pick<Context, 'components'>): Promise<Document> {
  const schema = changeSchema([...(await components('step')), ...(await components('check'))])
  return { mime: 'application/schema+json', text: `${JSON.stringify(schema, null, 2)}\n`, data: schema }
}
