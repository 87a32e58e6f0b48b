import { type Facts, type Judgement, type Rule, RuleUnseen } from '../core/rule.ts'

/** The judgement of a rule; what it could not see is an error with the words of why. */
export function judgeRule(rule: Rule, facts: Facts): Judgement {
  try {
    return rule.judge(facts)
  } catch (error) {
    if (!(error instanceof RuleUnseen)) throw error
    return { result: 'error', evidence: error.message }
  }
}

/** All complaints in one line, or a pass with its own words. */
export function judgedBy(complaints: readonly string[], good: string): Judgement {
  return complaints.length === 0 ? { result: 'pass', evidence: good } : { result: 'fail', evidence: complaints.join('; ') }
}
