import type { Component } from '../core/component.ts'
import { defineRule } from '../core/component.ts'
import { type Facts, type Judgement, type Rule, RuleUnseen, type SshdOptions } from '../core/rule.ts'
import { judgedBy } from './judge.ts'
import { type SshdLine, sshdConfigFile, sshdDropIns, sshdLines } from './sshd-config.ts'
import { sshdFix } from './sshd-fix.ts'

/** What an option of sshd must be. */
export interface SshdWish {
  /** As sshd_config(5) writes it. */
  readonly option: string
  holds(value: string): boolean
  /** A value that holds, for a host on which `now` does not. */
  wanted(now: string): string
  /** What is wrong with a value; the value itself when absent. */
  complaint?(value: string): string
}

type SshdRule = Pick<Rule, 'id' | 'title' | 'severity' | 'level' | 'why' | 'references'> & {
  readonly wishes: readonly SshdWish[]
  /** Judged as for a login of root. */
  readonly asRoot?: true
}

/** A rule on effective options of sshd. What a Match block says against it counts as well, and is never mended: somebody meant it. */
export function sshdRule({ wishes, asRoot, ...rule }: SshdRule): Component<'rule'> {
  return defineRule({
    ...rule,
    area: 'sshd',
    look: { sshd: true, texts: [sshdConfigFile, sshdDropIns] },
    judge: facts => judge(facts, wishes, asRoot),
    fix(facts) {
      const options = effective(facts, asRoot)
      if (!options || matchComplaints(facts, wishes).length > 0) return undefined
      const bad = wishes.filter(wish => complaint(wish, options) !== undefined)
      return sshdFix(facts, {
        rule: rule.id,
        lines: bad.map(({ option, wanted }) => ({ option, value: wanted(settingOf(option, options) ?? '') })),
      })
    },
  })
}

function judge(facts: Facts, wishes: readonly SshdWish[], asRoot: true | undefined): Judgement {
  const options = effective(facts, asRoot)
  if (!options) return { result: 'na', evidence: 'sshd is not installed' }
  const known = wishes.filter(({ option }) => settingOf(option, options) !== undefined)
  if (known.length === 0)
    return { result: 'na', evidence: `this sshd has no option ${wishes.map(({ option }) => option).join(', ')}` }
  const general = known.flatMap(wish => complaint(wish, options) ?? [])
  const good = known.map(({ option }) => `${option} is ${short(settingOf(option, options) ?? '')}`).join(', ')
  return judgedBy([...general, ...matchComplaints(facts, known)], good)
}

/** Undefined where there is no sshd. @throws RuleUnseen when it does not tell */
function effective({ sshd }: Facts, asRoot: true | undefined): SshdOptions | undefined {
  if (!sshd || sshd.status === 'absent') return undefined
  if (sshd.status === 'error') throw new RuleUnseen(`sshd -T does not tell: ${sshd.message || 'it prints nothing'}`)
  return asRoot ? sshd.forRoot : sshd.options
}

const settingOf = (option: string, options: SshdOptions): string | undefined => options[option.toLowerCase()]?.[0]

function complaint(wish: SshdWish, options: SshdOptions): string | undefined {
  const value = settingOf(wish.option, options)
  if (value === undefined || wish.holds(value)) return undefined
  return wish.complaint?.(value) ?? `${wish.option} is ${short(value)}`
}

function matchComplaints(facts: Facts, wishes: readonly SshdWish[]): string[] {
  const inBlock = ({ match }: SshdLine): boolean => match !== undefined
  return sshdLines(facts)
    .filter(inBlock)
    .flatMap(({ file, line, keyword, value, match }) => {
      const wish = wishes.find(({ option }) => option.toLowerCase() === keyword)
      return wish && !wish.holds(value.toLowerCase()) ? `${file}:${line} sets ${wish.option} to ${short(value)} for ${match}` : []
    })
}

const short = (text: string): string => (text.length > 120 ? `${text.slice(0, 119)}…` : text)

/** An option that must have one value. */
export const must = (option: string, value: string): SshdWish => ({
  option,
  holds: now => now.toLowerCase() === value,
  wanted: () => value,
})

/** A number from `least` to `most`; sshd prints seconds for times. */
export const between = (option: string, { least, most, wanted }: { least: number; most: number; wanted: string }): SshdWish => ({
  option,
  holds: now => secondsOf(now) >= least && secondsOf(now) <= most,
  wanted: () => wanted,
})

/** A list that must not name what is weak. Where it does, the same list without that is written. */
export const without = (option: string, weak: RegExp): SshdWish => {
  const weakOf = (list: string): string[] => names(list).filter(name => weak.test(name))
  return {
    option,
    // In a file, a list may begin with the sign that takes away from the default.
    holds: now => now.startsWith('-') || weakOf(now).length === 0,
    complaint: now => `${option} has ${weakOf(now).join(', ')}`,
    wanted(now) {
      const good = names(now).filter(name => !weak.test(name))
      // Where nothing good is left, what sshd takes by default is.
      return good.length > 0 ? good.join(',') : `-${weakOf(now).join(',')}`
    },
  }
}

const names = (list: string): string[] => list.replace(/^[+^]/, '').split(',')

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }

/** `2m30s` as sshd_config(5) writes times, in seconds; a number alone is itself. */
function secondsOf(text: string): number {
  if (!/^(\d+[smhdw]?)+$/i.test(text)) return Number.NaN
  const parts = [...text.toLowerCase().matchAll(/(\d+)([smhdw]?)/g)]
  return parts.reduce((sum, [, figure, unit = '']) => sum + Number(figure) * (units[unit] ?? 1), 0)
}
