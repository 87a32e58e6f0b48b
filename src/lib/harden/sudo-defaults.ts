import type { Facts, FixStep, Judgement, Rule } from '../core/rule.ts'
import { includedDirectory, sudoersFile, sudoersLines, sudoersPatterns } from './sudoers.ts'

type SudoDefaultsRule = Pick<Rule, 'id' | 'title' | 'severity' | 'level' | 'why' | 'references'> & {
  readonly parameter: string
  /** `true` and `false` for a flag, undefined where nothing sets it. */
  holds(value: string | boolean | undefined): boolean
  /** As it is written behind `Defaults`. */
  readonly wanted: string
}

/** A rule on a `Defaults` entry that holds for everybody; entries for one user, host or command do not count. */
export function sudoDefaultsRule({ parameter, holds, wanted, ...rule }: SudoDefaultsRule): Rule {
  return {
    ...rule,
    area: 'sudo',
    look: { texts: sudoersPatterns },
    judge: facts => judge(facts, parameter, holds),
    fix: facts => fix(facts, { id: rule.id, parameter, wanted }),
  }
}

interface Setting {
  readonly file: string
  readonly line: number
  readonly value: string | boolean
}

function judge(facts: Facts, parameter: string, holds: SudoDefaultsRule['holds']): Judgement {
  const settings = settingsOf(facts, parameter)
  if (!settings) return { result: 'na', evidence: 'sudo is not installed' }
  const last = settings.at(-1)
  if (holds(last?.value))
    return { result: 'pass', evidence: last ? `${last.file}:${last.line} sets ${parameter}` : `${parameter} is the default` }
  return {
    result: 'fail',
    evidence: last ? `${last.file}:${last.line} sets ${parameter} otherwise` : `no Defaults line sets ${parameter}`,
  }
}

/** A file of our own in the included directory, unless something behind it says otherwise. */
function fix(facts: Facts, { id, parameter, wanted }: { id: string; parameter: string; wanted: string }): FixStep[] | undefined {
  const path = `/etc/sudoers.d/60-opsctl-${id}`
  const main = facts.texts.find(text => text.path === sudoersFile)?.text ?? ''
  const includes = main.split('\n').some(line => includedDirectory(line) === '/etc/sudoers.d')
  const later = settingsOf(facts, parameter)?.some(({ file }) => file !== sudoersFile && file > path)
  if (!includes || later) return undefined
  const content = `# Written by opsctl for the rule ${id}.\nDefaults ${wanted}\n`
  return [{ kind: 'write-file', params: { path, content, mode: '0440', owner: 'root:root' } }]
}

/** Undefined where there is no sudo. */
function settingsOf(facts: Facts, parameter: string): Setting[] | undefined {
  return sudoersLines(facts)?.flatMap(({ file, line, text }) => {
    const [, entries] = /^Defaults\s+(.*)$/.exec(text) ?? []
    if (entries === undefined) return []
    return splitEntries(entries).flatMap(entry => {
      const [, not, name, value] = /^(!*)\s*(\w+)\s*(?:[-+]?=\s*"?(.*?)"?)?$/.exec(entry) ?? []
      return name === parameter ? [{ file, line, value: value ?? (not ?? '').length % 2 === 0 }] : []
    })
  })
}

/** At commas that are in no quotes. */
const splitEntries = (text: string): string[] => (text.match(/(?:"[^"]*"|[^,"])+/g) ?? []).map(entry => entry.trim())
