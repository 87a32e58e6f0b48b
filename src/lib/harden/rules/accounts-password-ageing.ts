import { defineRule } from '../../core/component.ts'
import { type Facts, RuleUnseen } from '../../core/rule.ts'
import { fileEdit } from '../file-edit.ts'
import { judgedBy } from '../judge.ts'

const file = '/etc/login.defs'

const limits = [
  { key: 'PASS_MAX_DAYS', least: 1, most: 365, wanted: '365' },
  { key: 'PASS_WARN_AGE', least: 7, most: 365, wanted: '7' },
] as const

/**
 * Of accounts that are made from now on: those that exist have their days in the shadow file. Contents of OpenSCAP differ in how many
 * days they allow (Debian 11's: 60).
 */
export default defineRule({
  id: 'accounts-password-ageing',
  title: 'passwords of new accounts expire after a year at most',
  severity: 'low',
  level: 'l1',
  area: 'accounts',
  why: 'a password that leaked long ago still opens the account',
  references: [
    'CIS: Ensure password expiration is configured',
    'SSG: accounts_maximum_age_login_defs',
    'SSG: accounts_password_warn_age_login_defs',
  ],
  look: { texts: [file] },
  judge(facts) {
    const text = textOf(facts)
    if (text === undefined) return { result: 'na', evidence: `there is no ${file}` }
    const found = limits.map(limit => ({ ...limit, value: settingOf(text, limit.key) }))
    const bad = found.filter(isBad)
    return judgedBy(
      bad.map(({ key, value }) => `${key} is ${value ?? 'not set'}`),
      found.map(({ key, value }) => `${key} is ${value}`).join(', '),
    )
  },
  fix(facts) {
    const text = textOf(facts) ?? ''
    const bad = limits.filter(limit => isBad({ ...limit, value: settingOf(text, limit.key) }))
    const lines = bad.map(({ key, wanted }) => ({ line: `${key}\t${wanted}`, match: `^\\s*${key}\\s` }))
    const step = fileEdit(facts, file, lines)
    return step && [step]
  },
})

function textOf({ texts }: Facts): string | undefined {
  const [fact] = texts.filter(({ path }) => path === file)
  if (!fact || fact.status === 'absent') return undefined
  if (fact.status !== 'text') throw new RuleUnseen(`${file} can not be read`)
  return fact.text
}

/** The last line counts. */
const settingOf = (text: string, key: string): string | undefined =>
  [...text.matchAll(new RegExp(`^[ \\t]*${key}[ \\t]+(\\S+)`, 'gm'))].at(-1)?.[1]

const isBad = ({ least, most, value }: { least: number; most: number; value: string | undefined }): boolean =>
  !(Number(value) >= least && Number(value) <= most)
