import { tmpdir } from 'node:os'
import { parseYamlDocument } from '../../../src/lib/config/yaml-document.ts'
import { FileNode } from '../../../src/lib/core/file-node.ts'
import { Problems } from '../../../src/lib/core/file-problems.ts'
import type { RecordsOrigin, Shaped, Shaper } from '../../../src/lib/logs/pipeline/stages.ts'
import { Records } from '../../../src/lib/logs/records.ts'
import { readShape } from '../../../src/lib/logs/shape/index.ts'

export const origin: RecordsOrigin = { id: 'abc:0-100', source: 'web', title: '/var/log/web.log', begunAt: Date.UTC(2026, 0, 3) }

/** Every secret is made of where it stands, and long enough for a key. */
const secret = async (reference: { readonly file?: string; readonly env?: string }): Promise<string> =>
  `the secret that stands in ${reference.file ?? reference.env}`

export const topOf = (yaml: string): { readonly top: FileNode; readonly problems: Problems } => {
  const document = parseYamlDocument(yaml, 'pipeline.yaml', 'E_CONFIG')
  const problems = new Problems({ document, path: 'pipeline.yaml', code: 'E_CONFIG' })
  return { top: new FileNode(document.value, problems), problems }
}

/** @throws OpsError with what is wrong with the file */
export async function shaperOf(yaml: string, cwd = tmpdir()): Promise<Shaper> {
  const { top, problems } = topOf(yaml)
  const plan = readShape(top, { cwd })
  problems.throwAny()
  if (!plan) throw new Error('it shapes nothing')
  return await plan.open({ secret, log: () => {} })
}

export const recordsOf = (lines: readonly string[]): Records =>
  Records.ofLines(Buffer.from(lines.map(line => `${line}\n`).join('')), lines.length)

export const linesOf = ({ lines }: Records): string[] => Buffer.from(lines).toString('utf8').split('\n').slice(0, -1)

export async function shaped(
  yaml: string,
  lines: readonly string[],
  at = origin,
): Promise<Shaped & { readonly lines: string[] }> {
  const found = (await shaperOf(yaml)).shape(recordsOf(lines), at)
  return { ...found, lines: linesOf(found.records) }
}
