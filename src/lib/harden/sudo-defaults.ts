import type { Facts, FixStep, Judgement, Rule, TextFact } from '../core/rule.ts'
import { sudoersDirectory, sudoersDropIns, sudoersLines, sudoersPatterns } from './sudoers.ts'

type SudoDefaultsRule = Pick<Rule, 'id' | 'title' | 'severity' | 'level' | 'why' | 'references'> & {
  readonly parameter: string
  /** `true` and `false` for a flag, undefined where nothing sets it. */
  holds(value: string | boolean | undefined): boolean
  /** As it is written behind `Defaults`. */
  readonly wanted: string
}

/** A rule on a `Defaults` entry that holds for everybody; entries for one user, host or command do not count, those for ALL do. */
export function sudoDefaultsRule({ parameter, holds, wanted, ...rule }: SudoDefaultsRule): Rule {
  return {
    ...rule,
    area: 'sudo',
    look: { texts: sudoersPatterns },
    judge: facts => judge(facts, parameter, holds),
    fix: facts => fix(facts, { id: rule.id, wanted, helps: more => judge(more, parameter, holds).result === 'pass' }),
  }
}

interface Setting {
  readonly file: string
  readonly line: number
  readonly value: string | boolean
  /** To all users, hosts or targets, instead of being general. */
  readonly bound: boolean
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

interface OwnFile {
  readonly id: string
  readonly wanted: string
  /** Whether the rule holds on a host like this. */
  helps(facts: Facts): boolean
}

/** A file of our own in the included directory, unless that is not read, or something behind it says otherwise. */
function fix(facts: Facts, { id, wanted, helps }: OwnFile): FixStep[] | undefined {
  const path = `${sudoersDirectory}/60-opsctl-${id}`
  const content = `# Written by opsctl for the rule ${id}.\nDefaults ${wanted}\n`
  const own: TextFact = { pattern: sudoersDropIns, path, status: 'text', text: content }
  if (!helps({ ...facts, texts: [...facts.texts.filter(text => text.path !== path), own] })) return undefined
  return [{ kind: 'write-file', params: { path, content, mode: '0440', owner: 'root:root', parents: true } }]
}

/** In the order in which they come to count: those bound to ALL behind the general ones. Undefined where there is no sudo. */
function settingsOf(facts: Facts, parameter: string): Setting[] | undefined {
  const lines = sudoersLines(facts)
  const settings = lines?.flatMap(({ file, line, text }) => {
    const [, bound, entries] = /^Defaults(?:\s+|\s*([@:>])\s*ALL\s+)(.*)$/.exec(text) ?? []
    if (entries === undefined) return []
    return splitEntries(entries).flatMap(entry => {
      const [, not, name, value] = /^((?:!\s*)*)(\w+)\s*(?:[-+]?=\s*"?(.*?)"?)?$/.exec(entry) ?? []
      const flag = (not ?? '').replace(/\s/g, '').length % 2 === 0
      return name === parameter ? [{ file, line, bound: bound !== undefined, value: value ?? flag }] : []
    })
  })
  return settings?.sort((a, b) => Number(a.bound) - Number(b.bound))
}

/** At commas that are in no quotes. */
const splitEntries = (text: string): string[] => (text.match(/(?:"[^"]*"|[^,"])+/g) ?? []).map(entry => entry.trim())
