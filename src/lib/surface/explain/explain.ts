import type { Context } from '../../core/context.ts'
import { OpsError } from '../../core/errors.ts'
import { nearest } from '../../core/nearest.ts'
import type { Document } from '../../core/report.ts'
import { type Answer, pageOf } from './answer.ts'
import { kindAnswer, memberAnswer } from './kind.ts'
import { environmentAnswer, filesAnswer } from './surroundings.ts'
import { errorAnswer, errorsAnswer, exitAnswer, exitCodesAnswer, reasonAnswer, reasonsAnswer } from './tables.ts'
import { type GeneralTopic, generalTopics, kindTopics, topicWords } from './topics.ts'

export interface ExplainRequest {
  readonly topic?: string | undefined
  /** A type of the kind that `topic` names. */
  readonly type?: string | undefined
}

/** Tells what an error code, exit code, reason, kind or component is. @throws OpsError E_USAGE naming the nearest topic */
export async function explain(context: Context, request: ExplainRequest): Promise<Document> {
  const { text, data } = await answer(context, request)
  return { mime: 'text/plain', text: `${text}\n`, data }
}

async function answer(context: Context, { topic, type }: ExplainRequest): Promise<Answer> {
  if (topic === undefined) return topicsAnswer(context)
  const word = topic.toLowerCase()
  if (isKind(word)) return type === undefined ? kindAnswer(context, word) : memberAnswer(context, { kind: word, type })
  if (type !== undefined) {
    throw new OpsError('E_USAGE', `${topic} has no types`, { hint: `the kinds are ${Object.keys(kindTopics).join(', ')}` })
  }
  if (isGeneral(word)) return general[word](context)
  return errorAnswer(context, word) ?? exitAnswer(context, word) ?? reasonAnswer(context, word) ?? unknownTopic(context, topic)
}

const general: Readonly<Record<GeneralTopic, (context: Context) => Answer>> = {
  'exit-codes': exitCodesAnswer,
  errors: errorsAnswer,
  reasons: reasonsAnswer,
  formats: context => kindAnswer(context, 'renderer'),
  environment: environmentAnswer,
  files: filesAnswer,
}

const isGeneral = (word: string): word is GeneralTopic => Object.hasOwn(generalTopics, word)
const isKind = (word: string): word is keyof typeof kindTopics => Object.hasOwn(kindTopics, word)

function topicsAnswer(context: Context): Answer {
  const page = pageOf(context)
  const kinds = Object.entries(kindTopics).map(([kind, meaning]): [string, string] => [`${kind} [TYPE]`, meaning])
  const single: [string, string][] = [
    ['E_CODE', 'one error code, as in `opsctl explain E_AUTH`'],
    ['CODE', 'one exit code, as in `opsctl explain 77`'],
    ['REASON', 'one reason, as in `opsctl explain hostkey`'],
  ]
  return {
    text: `Topics\n${page.table([...Object.entries(generalTopics), ...kinds, ...single])}`,
    data: { topics: topicWords(context.program, []).map(({ word, does }) => ({ topic: word, summary: does })) },
  }
}

function unknownTopic({ program }: Context, topic: string): never {
  const words = topicWords(program, []).map(({ word }) => word)
  const close = nearest(topic, words) ?? nearest(`E_${topic}`, words)
  const isCommand = program.commands.some(({ path }) => path[0] === topic)
  const hint = close ? `did you mean ${close}?` : '`opsctl explain` lists the topics'
  throw new OpsError('E_USAGE', `there is nothing to explain about '${topic}'`, {
    hint: isCommand ? `\`opsctl help ${topic}\` tells of the command` : hint,
  })
}
