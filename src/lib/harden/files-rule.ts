import { type Component, defineRule } from '../core/component.ts'
import { type FixStep, type PathFact, type Rule, RuleUnseen } from '../core/rule.ts'
import { judgedBy } from './judge.ts'

interface FileWish {
  /** A pattern of sh. What does not exist is no trouble. */
  readonly path: string
  /** Bits that it may have at most. */
  readonly mode: number
  /** Groups that may own it; root alone when absent. */
  readonly groups?: readonly string[]
  /** Other bits where this group owns it. */
  readonly whenGroup?: Readonly<Record<string, number>>
}

type FilesRule = Pick<Rule, 'id' | 'title' | 'severity' | 'level' | 'why' | 'references'> & {
  readonly files: readonly FileWish[]
}

/** A rule on owner and permission bits. A fix takes bits away and never gives any; what an access list gives is for a human. */
export function filesRule({ files, ...rule }: FilesRule): Component<'rule'> {
  return defineRule({
    ...rule,
    area: 'files',
    look: { paths: files.map(({ path }) => path) },
    judge({ paths }) {
      const found = files.flatMap(wish => factsOf(paths, wish).map(fact => ({ wish, fact })))
      if (found.length === 0) return { result: 'na', evidence: `there is no ${files.map(({ path }) => path).join(', ')}` }
      return judgedBy(
        found.flatMap(({ wish, fact }) => complaintsOf(fact, wish)),
        found.map(({ fact: { path, mode, user, group } }) => `${path} is ${mode} ${user}:${group}`).join(', '),
      )
    },
    fix({ paths }) {
      const found = files.flatMap(wish => factsOf(paths, wish).map(fact => ({ wish, fact })))
      if (found.some(({ fact }) => fact.hasAccessList)) return undefined
      return found.flatMap(({ wish, fact }) => fixOf(fact, wish) ?? [])
    },
  })
}

function factsOf(paths: readonly PathFact[], { path: pattern }: FileWish): PathFact[] {
  const facts = paths.filter(fact => fact.pattern === pattern && fact.status !== 'absent')
  const denied = facts.find(({ status }) => status === 'denied')
  if (denied) throw new RuleUnseen(`${denied.path} can not be seen: look as root, or with --sudo`)
  return facts
}

/** Octal digits to bits; a group of its own may read where others must not. */
const allowedBits = ({ mode, whenGroup = {} }: FileWish, { group }: PathFact): number => whenGroup[group] ?? mode
const groupsOf = ({ groups = ['root'], whenGroup = {} }: FileWish): string[] => [...groups, ...Object.keys(whenGroup)]
const bitsOf = ({ mode }: PathFact): number => Number.parseInt(mode, 8)

function complaintsOf(fact: PathFact, wish: FileWish): string[] {
  const { path, mode, user, group, uid } = fact
  const most = allowedBits(wish, fact)
  return [
    ...((bitsOf(fact) & ~most) !== 0 ? [`${path} has mode ${mode}, at most ${most.toString(8)} is right`] : []),
    ...(uid !== '0' ? [`${path} belongs to ${user}`] : []),
    ...(fact.hasAccessList ? [`${path} has an access list: see getfacl ${path}`] : []),
    ...(groupsOf(wish).includes(group) ? [] : [`${path} belongs to the group ${group}`]),
  ]
}

function fixOf(fact: PathFact, wish: FileWish): FixStep | undefined {
  if (complaintsOf(fact, wish).length === 0) return undefined
  const group = groupsOf(wish).includes(fact.group) ? fact.group : 'root'
  const mode = (bitsOf(fact) & allowedBits(wish, { ...fact, group })).toString(8).padStart(4, '0')
  return { kind: 'permissions', params: { path: fact.path, mode, owner: `root:${group}` } }
}
