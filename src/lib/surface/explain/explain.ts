import type { Context } from '../../core/context.ts'
import { OpsError } from '../../core/errors.ts'
import { nearest } from '../../core/nearest.ts'
import type { Document } from '../../core/report.ts'
import { codeAnswer, errorsAnswer } from './error-code.ts'
import { environmentAnswer } from './environment.ts'
import { exitAnswer, exitCodesAnswer } from './exit-code.ts'
import { filesAnswer } from './files.ts'
import { kindAnswer, memberAnswer } from './kind.ts'
import { reasonAnswer, reasonsAnswer } from './reason.ts'
import { type GeneralTopic, generalTopics, kindTopics, topicWords } from './topics.ts'

/** An explanation for people, and the same as data. */
export interface Answer {
  readonly text: string
  readonly data: Document['data']
}

export interface ExplainRequest {
  readonly topic?: string | undefined
  /** A type of the kind that `topic` names. */
  readonly type?: string | undefined
}

/** Tells what an error code, exit code, reason, kind or component is. @throws OpsError E_USAGE naming the nearest topic */
export async function explain(context: Context, { topic, type }: ExplainRequest): Promise<Document> {
  const { text, data } = topic === undefined ? topicsAnswer(context) : await answer(context, topic, type)
  return { mime: 'text/plain', text, data }
}

async function answer(context: Context, topic: string, type: string | undefined): Promise<Answer> {
  const word = topic.toLowerCase()
  if (isKind(word)) return type === undefined ? kindAnswer(context, word) : memberAnswer(context, word, type)
  if (type !== undefined) throw new OpsError('E_USAGE', `'${topic}' has no parts to explain`, { hint: `\`opsctl explain ${topic}\` tells all of it` })
  if (isGeneral(word)) return general[word](context)
  return codeAnswer(word) ?? exitAnswer(word) ?? reasonAnswer(word) ?? unknownTopic(context, topic)
}

const general: Readonly<Record<GeneralTopic, (context: Context) => Answer | Promise<Answer>>> = {
  'exit-codes': exitCodesAnswer,
  errors: errorsAnswer,
  reasons: reasonsAnswer,
  formats: context => kindAnswer(context, 'renderer'),
  environment: environmentAnswer,
  files: filesAnswer,
}

const isGeneral = (word: string): word is GeneralTopic => Object.hasOwn(generalTopics, word)
const isKind = (word: string): word is keyof typeof kindTopics => Object.hasOwn(kindTopics, word)

function topicsAnswer({ program, io }: Context): Answer {
  return {
    text: '',
    data: null,
  }
}

function unknownTopic({ program }: Context, topic: string): never {
  const command = program.commands.find(({ path }) => path[0] === topic)
  const close = nearest(topic, topicWords(program, []).map(({ word }) => word)) ?? nearest(`e_${topic}`, topicWords(program, []).map(({ word }) => word))
  const hint = command ? `\`opsctl help ${topic}\` tells of the command` : close ? `did you mean ${close}?` : '`opsctl explain` lists the topics'
  throw new OpsError('E_USAGE', `there is nothing to explain about '${topic}'`, { hint })
}
