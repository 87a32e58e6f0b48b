import { z } from 'zod'
import type { CheckResult, Reading } from '../../core/check.ts'
import { allFields } from '../../transport/host-script.ts'
import { accountReading, nameField } from '../accounts.ts'
import { bytesIn, defineHostCheck, seenIn } from '../host-check.ts'
import { Unseen } from './look.ts'

const Params = z
  .strictObject({
    name: nameField('user'),
    exists: z.boolean().default(true),
    uid: z.int().min(0).optional(),
    group: nameField('group').optional().describe('its primary group'),
    groups: z.array(nameField('group')).optional().describe('groups that it must be in; it may be in more'),
    home: z.string().optional(),
    shell: z.string().optional(),
  })
  .refine(({ exists, name, ...wishes }) => exists || Object.values(wishes).every(wish => wish === undefined), {
    error: 'has wishes for a user that must not exist',
  })
type Params = z.output<typeof Params>

const look = (name: string): Reading => accountReading('passwd', name)

const asksGroups = ({ group, groups }: Params): boolean => group !== undefined || groups !== undefined

/** Its primary group, then all of them: looked at only when they matter. */
const groupsOf = (name: string): Reading => ({
  does: `look at the groups of ${name}`,
  script: 'printf "%s\\0" "$(id -gn -- "$1" 2>/dev/null)" "$(id -Gn -- "$1" 2>/dev/null)"',
  args: [name],
})

/** An account, from wherever the host has it. */
export default defineHostCheck({
  type: 'user',
  summary: 'user that must exist or not, with a number, groups, home and shell',
  example: { name: 'root', uid: 0, home: '/root' },
  params: Params,
  title: ({ name, exists }) => (exists ? `the user ${name} is as expected` : `there is no user ${name}`),
  readings: params => [look(params.name), ...(asksGroups(params) ? [groupsOf(params.name)] : [])],
  judge(params, found) {
    const { name, exists } = params
    const line = seenIn(found, look(name))
    if (line === undefined) {
      const message = `there is no user ${name}`
      return exists ? { verdict: 'fail', reason: 'missing', message } : { verdict: 'pass', message }
    }
    const [, , uid, , , home, shell] = line.replace(/\n$/, '').split(':')
    if (shell === undefined) throw new Unseen(`could not look at the user ${name}: the host answered something else`)
    if (!exists) return { verdict: 'fail', reason: 'state', message: `the user ${name} exists` }
    const [group = '', groups = ''] = asksGroups(params) ? allFields(bytesIn(found, groupsOf(name))) : []
    return verdictOf(params, { uid: Number(uid), home: home ?? '', shell, group, groups: groups.split(' ') })
  },
})

interface Account {
  readonly uid: number
  readonly home: string
  readonly shell: string
  readonly group: string
  readonly groups: readonly string[]
}

function verdictOf({ name, uid, home, shell, group, groups = [] }: Params, account: Account): CheckResult {
  const missing = groups.filter(one => !account.groups.includes(one))
  const wrong = [
    ...(uid !== undefined && uid !== account.uid ? [`has the number ${account.uid}`] : []),
    ...(group !== undefined && group !== account.group ? [`has the primary group ${account.group || 'unknown'}`] : []),
    ...(missing.length > 0 ? [`is not in ${missing.join(', ')}`] : []),
    ...(home !== undefined && home !== account.home ? [`has the home ${account.home}`] : []),
    ...(shell !== undefined && shell !== account.shell ? [`has the shell ${account.shell}`] : []),
  ]
  if (wrong.length > 0) return { verdict: 'fail', reason: 'state', message: `the user ${name} ${wrong.join(', ')}` }
  return { verdict: 'pass', message: `the user ${name} is as expected` }
}
