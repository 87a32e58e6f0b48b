import { z } from 'zod'
import { parseExpression } from '../../core/expression.ts'
import type { Json } from '../../core/json.ts'
import { ParamsError } from '../../core/params.ts'
import { type Answer, answerVariables } from './answer.ts'
import { parseJsonPath } from './json-path.ts'
import { compileMatcher, Matcher, type MatcherConfig, type Mismatch, matcherKeys, parsed } from './matcher.ts'
import { parsePattern } from './pattern.ts'
import { parseXmlPath } from './xml-path.ts'

/** An assertion that does not hold: what it is about, what it should be and what it is. */
export interface Broken extends Mismatch {
  /** `$.status`, `header content-type`. */
  readonly about: string
}

/** Undefined when it holds. */
export type Assertion = (answer: Answer) => Broken | undefined

const subjects = ['jsonpath', 'xpath', 'header', 'regex', 'value', 'cel', 'all', 'any', 'not'] as const

export interface AssertionConfig extends Omit<MatcherConfig, 'not'> {
  jsonpath?: string | undefined
  xpath?: string | undefined
  header?: string | undefined
  regex?: string | undefined
  value?: string | undefined
  cel?: string | undefined
  all?: readonly AssertionConfig[] | undefined
  any?: readonly AssertionConfig[] | undefined
  /** Beside a subject conditions that must not hold, alone an assertion that must not. */
  not?: MatcherConfig | AssertionConfig | undefined
}

const { not: _not, ...conditions } = Object.getOwnPropertyDescriptors(matcherKeys)
const several = (): z.ZodType<readonly AssertionConfig[]> => z.array(AssertionSchema).min(1)

/** One assertion: what it is about, and conditions on that. Without a subject it is about the whole body. */
export const AssertionSchema: z.ZodType<AssertionConfig> = z.lazy(() =>
  z.strictObject({
    jsonpath: z.string().optional().describe('RFC 9535: $.items[*].price; a singular path gives a value, others a list'),
    xpath: z.string().optional().describe('XPath 1.0: /status/db/@state'),
    header: z.string().optional().describe('a header of the answer'),
    regex: z.string().optional().describe('the first group of a regular expression (RE2) in the body, or all that it finds'),
    value: z.string().optional().describe('something else that the check shows, by name'),
    cel: z.string().optional().describe('a condition in CEL over status, headers, body, phases, total_ms and seen'),
    all: several().optional(),
    any: several().optional(),
    not: z.union([Matcher, AssertionSchema]).optional(),
    ...Object.fromEntries(Object.keys(conditions).map(key => [key, matcherKeys[key as keyof typeof matcherKeys]])),
  }),
) as z.ZodType<AssertionConfig>

type Path = readonly (string | number)[]

/** @throws ParamsError with its place below `path` */
export function compileAssertion(config: AssertionConfig, path: Path): Assertion {
  const asked = subjects.filter(key => config[key] !== undefined && (key !== 'not' || isAssertion(config)))
  const [subject = 'body', second] = asked
  if (second)
    throw new ParamsError(`two subjects in one assertion: ${subject} and ${second}`, {
      path,
      hint: 'make two assertions of them',
    })
  if (subject === 'cel') return celAssertion(config.cel ?? '', [...path, 'cel'])
  if (subject === 'all' || subject === 'any') return combined(subject, config[subject] ?? [], [...path, subject])
  if (subject === 'not') return opposite(compileAssertion(config.not as AssertionConfig, [...path, 'not']))
  if (Object.values(config).every(value => value === undefined))
    throw new ParamsError('an assertion that asserts nothing', { path, hint: 'write { jsonpath: $.status, equals: ok }' })
  const { find, about } = finder(subject, config, path)
  const match = compileMatcher(config as MatcherConfig, path)
  return answer => {
    try {
      const mismatch = match(find(answer))
      return mismatch && { about, ...mismatch }
    } catch (error) {
      return { about, expected: 'to be found', ...problem(error) }
    }
  }
}

/** `not` stands for a whole assertion where it has a subject of its own, or nothing stands beside it. */
function isAssertion({ not, ...rest }: AssertionConfig): boolean {
  const beside = Object.values(rest).some(value => value !== undefined)
  return not !== undefined && !beside
}

interface Finder {
  readonly about: string
  find(answer: Answer): Json | undefined
}

function finder(
  subject: Exclude<(typeof subjects)[number], 'cel' | 'all' | 'any' | 'not'> | 'body',
  config: AssertionConfig,
  path: Path,
): Finder {
  const text = subject === 'body' ? '' : (config[subject] ?? '')
  const at = [...path, subject]
  switch (subject) {
    case 'jsonpath': {
      const query = parsed(at, () => parseJsonPath(text))
      // A list of nothing would fit whatever each of its members should be: a path that finds nothing is more often a wrong one.
      const needsOne = config.exists !== undefined || config.each !== undefined
      return {
        about: text,
        find({ json }) {
          const found = query.find(json)
          return query.isSingular || (needsOne && found.length === 0) ? found[0] : [...found]
        },
      }
    }
    case 'xpath': {
      const query = parsed(at, () => parseXmlPath(text))
      return { about: text, find: answer => oneOrAll(query.find(answer.text)) }
    }
    case 'regex': {
      const pattern = parsed(at, () => parsePattern(text))
      return { about: `what ${text} finds`, find: answer => pattern.find(answer.text) }
    }
    case 'header':
      return { about: `header ${text}`, find: answer => answer.header(text) }
    case 'value':
      return { about: text, find: answer => (text === 'status' ? answer.status : answer.seen(text)) }
    case 'body':
      return {
        about: 'the body',
        find: answer => (config.schema === undefined && config.type === undefined ? answer.text : answer.json),
      }
  }
}

const problem = (error: unknown): Pick<Broken, 'actual' | 'isProblem'> => ({
  actual: error instanceof Error ? error.message : String(error),
  isProblem: true,
})

const oneOrAll = (found: readonly Json[]): Json | undefined => (found.length <= 1 ? found[0] : [...found])

function celAssertion(text: string, path: Path): Assertion {
  const expression = parsed(path, () => parseExpression(text, answerVariables))
  return answer => {
    try {
      return expression.evaluate(answer.variables) ? undefined : { about: text, expected: 'to be true', actual: 'false' }
    } catch (error) {
      return { about: text, expected: 'to be true', ...problem(error) }
    }
  }
}

function combined(how: 'all' | 'any', configs: readonly AssertionConfig[], path: Path): Assertion {
  const assertions = configs.map((config, index) => compileAssertion(config, [...path, index]))
  return answer => {
    const broken = assertions.map(assertion => assertion(answer))
    const [first] = broken.flatMap(each => each ?? [])
    if (!first || (how === 'any' && broken.some(each => each === undefined))) return undefined
    return how === 'all' ? first : { ...first, expected: `one of ${configs.length}, the first ${first.expected}` }
  }
}

const opposite =
  (assertion: Assertion): Assertion =>
  answer =>
    assertion(answer) === undefined ? { about: 'not', expected: 'not to hold', actual: 'it holds', isProblem: true } : undefined

/** What an assertion would be about, for what takes it out of an answer. @throws ParamsError with its place below `path` */
export function compileSubject(config: AssertionConfig, path: Path): (answer: Answer) => Json | undefined {
  const subject = subjects.find(key => config[key] !== undefined)
  if (subject === 'jsonpath' || subject === 'xpath' || subject === 'header' || subject === 'regex' || subject === 'value') {
    return finder(subject, config, path).find
  }
  throw new ParamsError('it names nothing to take', { path, hint: 'it needs one of jsonpath, xpath, header, regex and value' })
}

/** In one line: `$.status: expected to be "ok", is "degraded"`. */
export const brokenText = ({ about, expected, actual, isProblem }: Broken): string =>
  `${about}: expected ${expected}, ${isProblem ? 'but' : 'is'} ${actual}`
