import type { Kind } from '../../core/component.ts'
import type { Context } from '../../core/context.ts'
import { type Answer, pageOf } from './answer.ts'
import { kindTopics } from './topics.ts'

/** All members of a kind, from the registry alone. */
export function kindAnswer(context: Context, kind: Kind): Answer {
  const members = context.program.components.filter(entry => entry.kind === kind)
  const rows = members.map(({ type, summary, stability }): [string, string] => [
    type,
    stability === 'stable' ? summary : `${summary} (${stability})`,
  ])
  return {
    text: `${kind}: ${kindTopics[kind]}\n${pageOf(context).table(rows)}\n\n\`opsctl explain ${kind} TYPE\` tells more of one.`,
    data: {
      kind,
      meaning: kindTopics[kind],
      types: members.map(({ type, version, stability, summary }) => ({ type, version, stability, summary })),
    },
  }
}

/** One member with its schema and example. @throws OpsError E_USAGE naming the nearest type */
export async function memberAnswer(
  context: Context,
  { kind, type }: { readonly kind: Kind; readonly type: string },
): Promise<Answer> {
  const { version, summary, stability, schema, example } = await context.component(kind, type)
  const page = pageOf(context)
  const facts: [string, string][] = [
    ['version', version],
    ['stability', stability],
  ]
  return {
    text: [
      page.paragraph(`${kind} ${type}: ${summary}`),
      page.table(facts),
      `Schema\n${indented(JSON.stringify(schema, null, 2))}`,
      `Example\n${indented(typeof example === 'string' ? example.trimEnd() : JSON.stringify(example, null, 2))}`,
    ].join('\n\n'),
    data: { kind, type, version, stability, summary, schema, example },
  }
}

const indented = (text: string): string => text.replaceAll(/^(?=.)/gm, '  ')
