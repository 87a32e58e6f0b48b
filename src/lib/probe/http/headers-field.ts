import { z } from 'zod'
import { isFieldValue, isToken } from '../../net/http1/field.ts'
import { secretOr } from '../secret-param.ts'

/** Headers that follow from the rest of a request. */
const ours =
  /^(content-length|transfer-encoding|connection|keep-alive|upgrade|te|trailer|expect|proxy-authorization|sec-websocket-.*)$/i

const text = secretOr(z.string().refine(isFieldValue, 'holds a line break or a control character'))

/** Texts by name, with what is wrong with a name; undefined where nothing is. */
export const textsField = (problem: (name: string) => string | undefined) =>
  z
    .record(z.string(), text)
    .superRefine((values, context) => {
      for (const [name, value] of Object.entries(values)) {
        const message = problem(name)
        if (message !== undefined) context.addIssue({ code: 'custom', path: [name], message, input: value })
      }
    })
    .default({})

/** Headers of a request, by name. */
export const headersField = () =>
  textsField(name =>
    !isToken(name) ? 'this can not be the name of a header' : ours.test(name) ? 'opsctl says this header itself' : undefined,
  ).describe('values are texts, or secrets as { file: … } or { env: … }')
