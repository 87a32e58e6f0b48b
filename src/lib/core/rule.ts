import type { Json } from './json.ts'

/** How much it matters that a rule does not hold, least first. */
export const ruleSeverities = ['low', 'medium', 'high'] as const
export type RuleSeverity = (typeof ruleSeverities)[number]

/** What a rule is about. */
export const ruleAreas = ['sshd', 'sysctl', 'files', 'accounts', 'sudo'] as const
export type RuleArea = (typeof ruleAreas)[number]

/** One requirement on a host: what it looks at, whether that is as it should be, and how it becomes so. */
export interface Rule {
  /** `sshd-max-auth-tries`: what reports and --skip name. */
  readonly id: string
  readonly title: string
  readonly severity: RuleSeverity
  /** The lowest level that asks for it: l1 is for every server, l2 costs some use. */
  readonly level: 'l1' | 'l2'
  readonly area: RuleArea
  /** What can happen where it does not hold. */
  readonly why: string
  /** Where others ask for the same: names of sections and identifiers that are known for sure. */
  readonly references: readonly string[]
  readonly look: Looks
  /** Pure. A RuleUnseen that it throws is an `error`. */
  judge(facts: Facts): Judgement
  /** Steps that make the rule hold on a host where it fails; undefined where only a human can decide. Absent: never. */
  fix?(facts: Facts): readonly FixStep[] | undefined
}

export interface Judgement {
  /** `na`: there is nothing here that the rule is about. `error`: it could not be seen. */
  readonly result: 'pass' | 'fail' | 'na' | 'error'
  /** What was found, lower case: `PermitRootLogin is yes`. */
  readonly evidence: string
}

/** A step of a fix: type and parameters of a component of kind `step`. */
export interface FixStep {
  readonly kind: string
  readonly params: Json
}

/** What a rule wants to know, as data: the looks of all rules are had in one go. Patterns are those of sh, without blanks. */
export interface Looks {
  /** What `sshd -T` says, and the files of its configuration. */
  readonly sshd?: true
  /** Names of kernel settings: their running values. */
  readonly sysctl?: readonly string[]
  /** Files and directories: mode and owner. */
  readonly paths?: readonly string[]
  /** Files: what stands in them, up to 256 KiB. */
  readonly texts?: readonly string[]
  /** Users and groups. Of a password only its state ever leaves the host. */
  readonly accounts?: true
}

/** What was seen on a host. */
export interface Facts {
  readonly sshd?: SshdFact
  /** By name of the setting. */
  readonly sysctl: Readonly<Record<string, SysctlFact>>
  readonly paths: readonly PathFact[]
  readonly texts: readonly TextFact[]
  readonly accounts?: AccountFacts
}

export type SshdFact =
  | { readonly status: 'absent' }
  /** `message`: why sshd does not tell. */
  | { readonly status: 'error'; readonly message: string }
  | { readonly status: 'ok'; readonly options: SshdOptions; readonly forRoot: SshdOptions }

/** Values by lower-case name, in the order in which they stand. */
export type SshdOptions = Readonly<Record<string, readonly string[]>>

export type SysctlFact =
  | { readonly status: 'ok'; readonly value: string }
  /** `absent`: this kernel does not have it. */
  | { readonly status: 'absent' | 'denied' }

export interface PathFact {
  /** The one of Looks. */
  readonly pattern: string
  /** The pattern itself where nothing is there. */
  readonly path: string
  readonly status: 'file' | 'directory' | 'other' | 'absent' | 'denied'
  /** Octal, without leading zeros; links are followed. */
  readonly mode: string
  readonly uid: string
  readonly gid: string
  readonly user: string
  readonly group: string
  /** An ACL gives rights to others than these; false as well where the host's ls does not tell. */
  readonly hasAccessList: boolean
}

export interface TextFact {
  readonly pattern: string
  readonly path: string
  readonly status: 'text' | 'large' | 'absent' | 'denied'
  readonly text: string
}

/** `shadowed`: it stands in the shadow file. `weak`: hashed by DES or MD5. */
export type PasswordState = 'empty' | 'locked' | 'set' | 'weak' | 'shadowed'

export interface AccountFacts {
  /** Lines of passwd, in their order. */
  readonly users: readonly UserFact[]
  /** Lines of shadow; `denied` where it may not be read, `absent` where there is none. */
  readonly shadow: readonly ShadowFact[] | 'denied' | 'absent'
  readonly groups: readonly GroupFact[]
}

export interface UserFact {
  readonly name: string
  readonly password: PasswordState
  readonly uid: string
  readonly gid: string
  readonly home: string
  readonly shell: string
}

export interface ShadowFact {
  readonly name: string
  readonly password: PasswordState
}

export interface GroupFact {
  readonly name: string
  readonly gid: string
  readonly members: string
}

/** What a rule needs could not be seen: becomes an `error`, never a pass. */
export class RuleUnseen extends Error {
  override readonly name = 'RuleUnseen'
}
