import type { FieldNames, RecordLine } from '../line/record-line.ts'

/** Whether a record fits. What is wrong with a record makes it one that does not. */
export type Test = (line: RecordLine) => boolean

/** Which records are meant. Pure. */
export interface Condition {
  /** As people wrote it. */
  readonly text: string
  compile(fields: FieldNames): Test
}

/** Every record. */
export const anyRecord: Condition = { text: 'lines', compile: () => () => true }

export const allOf = (conditions: readonly Condition[]): Condition => {
  const [first = anyRecord, ...others] = conditions
  if (others.length === 0) return first
  return {
    text: conditions.map(({ text }) => text).join(' and '),
    compile: fields => {
      const tests = conditions.map(each => each.compile(fields))
      return line => {
        for (let k = 0; k < tests.length; k++) if (!(tests[k] as Test)(line)) return false
        return true
      }
    },
  }
}

export const anyOf = (conditions: readonly Condition[]): Condition => {
  const [first = anyRecord, ...others] = conditions
  if (others.length === 0) return first
  return {
    text: conditions.map(({ text }) => text).join(' or '),
    compile: fields => {
      const tests = conditions.map(each => each.compile(fields))
      return line => tests.some(test => test(line))
    },
  }
}

export const not = ({ text, compile }: Condition, told = `not ${text}`): Condition => ({
  text: told,
  compile: fields => {
    const test = compile(fields)
    return line => !test(line)
  },
})
