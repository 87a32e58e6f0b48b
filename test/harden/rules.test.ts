import { describe, expect, test } from 'bun:test'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { FixStep, Judgement } from '../../src/lib/core/rule.ts'
import { judgeRule } from '../../src/lib/harden/judge.ts'
import { allRules } from '../../src/lib/harden/rule-list.ts'
import { factsOf, type WrittenFacts } from './facts.ts'

interface Case extends WrittenFacts {
  readonly case: string
  readonly expect: Judgement['result']
  /** Part of the evidence. */
  readonly says?: string
  /** Kind and subject of every step. */
  readonly fix?: string[] | 'none'
  /** End of what the first step writes. */
  readonly writes?: string
}

const data = join(import.meta.dirname, 'data')
const rules = allRules()
const casesOf = (id: string): Case[] => {
  const file = join(data, `${id}.yaml`)
  return existsSync(file) ? parse(readFileSync(file, 'utf8')) : []
}

test('every file of a rule is in the list of rules, in order', () => {
  const files = readdirSync(join(import.meta.dirname, '../../src/lib/harden/rules'))
  expect(rules.map(({ id }) => id)).toEqual(files.map(file => file.replace(/\.ts$/, '')).sort())
})

test.each(rules.map(({ id }) => id))('%s is judged in good, bad and odd cases', id => {
  const results = new Set(casesOf(id).map(({ expect }) => expect))
  expect([...results]).toEqual(expect.arrayContaining(['pass', 'fail']))
  expect(results.has('na') || results.has('error')).toBe(true)
})

for (const rule of rules) {
  describe(rule.id, () => {
    test('says what it asks for, why, and where others do', () => {
      expect(rule.title).toMatch(/^[a-zA-Z].*[^.]$/)
      expect(rule.why).toMatch(/^[a-zA-Z].*[^.]$/)
      expect(rule.references).not.toEqual([])
      expect(rule.id.startsWith(rule.area)).toBe(true)
    })

    test.each(casesOf(rule.id).map(written => [written.case, written] as const))('%s', (_, written) => {
      const facts = factsOf(written, rule)
      const { result, evidence } = judgeRule(rule, facts)
      expect({ result, evidence }).toEqual({ result: written.expect, evidence: expect.stringContaining(written.says ?? '') })
      expect(evidence).not.toContain('undefined')
      if (result === 'fail' && written.fix !== undefined) {
        expect(rule.fix?.(facts)?.map(subjectOf) ?? 'none').toEqual(written.fix)
      }
      if (written.writes !== undefined)
        expect(rule.fix?.(facts)?.[0]?.params).toMatchObject({ content: expect.stringContaining(written.writes) })
    })
  })
}

function subjectOf({ kind, params }: FixStep): string {
  const { path, key, mode } = params as { path?: string; key?: string; mode?: string }
  return [kind, path ?? key, kind === 'permissions' ? mode : undefined].filter(word => word !== undefined).join(' ')
}
