import { type Component, defineRule } from '../core/component.ts'
import { type Facts, type FixStep, type Rule, RuleUnseen } from '../core/rule.ts'
import { procPath } from '../plan/steps/sysctl.ts'
import { fileEdit } from './file-edit.ts'
import { judgedBy } from './judge.ts'
import { lastFile, lineFor, linesFor, sysctlPatterns, systemdMark } from './sysctl-files.ts'

interface SysctlWish {
  readonly key: string
  readonly wanted: string
  /** Other values that will do. */
  readonly also?: readonly string[]
  /** What the kernel has after a boot where no file says anything. */
  readonly atBoot: string
  /** A setting that the kernel changes when this one is written. */
  readonly disturbs?: string
  /** Files of those that it overwrites: what each interface has for itself. */
  readonly spreads?: string
}

type SysctlRule = Pick<Rule, 'id' | 'title' | 'severity' | 'level' | 'why' | 'references'> & {
  readonly settings: readonly SysctlWish[]
}

/**
 * A rule on kernel settings: as they are now, and as they will be after a boot. OpenSCAP and CIS want a line in a file in any case; here
 * the kernel's own default will do where it is right.
 */
export function sysctlRule({ settings, ...rule }: SysctlRule): Component<'rule'> {
  const keys = settings.flatMap(({ key, disturbs }) => (disturbs === undefined ? [key] : [key, disturbs]))
  return defineRule({
    ...rule,
    area: 'sysctl',
    look: { sysctl: keys, texts: sysctlPatterns, paths: [systemdMark] },
    judge(facts) {
      const known = settings.filter(({ key }) => settingOf(facts, key) !== undefined)
      if (known.length === 0) return { result: 'na', evidence: `this kernel has no ${settings.map(({ key }) => key).join(', ')}` }
      return judgedBy(
        known.flatMap(wish => complaintsOf(facts, wish)),
        known.map(({ key }) => `${key} is ${settingOf(facts, key)}`).join(', '),
      )
    },
    fix(facts) {
      const bad = settings.filter(wish => settingOf(facts, wish.key) !== undefined && complaintsOf(facts, wish).length > 0)
      const edits = editsOf(facts, bad)
      return edits && [...edits, ...bad.flatMap(wish => writesOf(facts, wish))]
    },
  })
}

/** Undefined where this kernel does not have it. @throws RuleUnseen */
function settingOf({ sysctl }: Facts, key: string): string | undefined {
  const fact = sysctl[key]
  if (fact?.status === 'denied') throw new RuleUnseen(`${key} can not be read: look as root, or with --sudo`)
  return fact?.status === 'ok' ? fact.value : undefined
}

const holds = ({ wanted, also = [] }: SysctlWish, value: string): boolean => value === wanted || also.includes(value)

function complaintsOf(facts: Facts, wish: SysctlWish): string[] {
  const { key, atBoot } = wish
  const value = settingOf(facts, key) ?? ''
  const line = lineFor(facts, key)
  const complaints = holds(wish, value) ? [] : [`${key} is ${value}`]
  if (line && !holds(wish, line.value)) complaints.push(`${line.file}:${line.line} sets ${key} to ${line.value} at boot`)
  if (!line && !holds(wish, atBoot) && complaints.length === 0)
    complaints.push(`${key} is ${value} until the next boot: no file sets it`)
  if (line?.file === lastFile && complaints.length === 0 && isSetBySystemd(facts)) {
    const other = lineFor(facts, key, 'systemd')
    if (!holds(wish, other?.value ?? atBoot))
      complaints.push(`${key} is ${value} until the next boot: systemd does not read ${lastFile}`)
  }
  return complaints
}

const isSetBySystemd = ({ paths }: Facts): boolean =>
  paths.some(({ path, status }) => path === systemdMark && status === 'directory')

/** Every line that would be read after our own file. Undefined where such a line is in a file of a package. */
function editsOf(facts: Facts, wishes: readonly SysctlWish[]): FixStep[] | undefined {
  const later = wishes.flatMap(({ key, wanted }) =>
    linesFor(facts, key)
      .filter(line => line.value !== wanted)
      .filter(({ file }) => file === lastFile || nameOf(file) > `60-opsctl-${key}.conf`)
      .map(({ file }) => ({ file, line: `${key} = ${wanted}`, match: `^\\s*-?\\s*${key.replaceAll('.', '[./]')}\\s*=` })),
  )
  const edits: FixStep[] = []
  for (const [path, lines] of Map.groupBy(later, ({ file }) => file)) {
    const edit = path.startsWith('/etc/') ? fileEdit(facts, path, lines) : undefined
    if (!edit) return undefined
    edits.push(edit)
  }
  return edits
}

/** The setting with a file of our own, and what the kernel changes with it as it was. */
function writesOf(facts: Facts, { key, wanted, disturbs, spreads }: SysctlWish): FixStep[] {
  // Undone last: writing the setting back overwrites them once more.
  const kept = spreads === undefined ? [] : [{ kind: 'spread-settings', params: { pattern: spreads } }]
  const set = { kind: 'sysctl', params: { key, value: wanted, persist: true } }
  const value = disturbs === undefined ? undefined : settingOf(facts, disturbs)
  if (disturbs === undefined || value === undefined) return [...kept, set]
  // The first is for the way back, where it comes last; the last one for the way there.
  const back = { kind: 'sysctl', params: { key: disturbs, value } }
  const again = { kind: 'command', params: { run: `echo ${value} >${procPath(disturbs)}`, undo: ['true'] } }
  return [...kept, back, set, again]
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
