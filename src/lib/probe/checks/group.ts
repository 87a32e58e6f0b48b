import { z } from 'zod'
import type { Reading } from '../../core/check.ts'
import { accountReading, nameField } from '../accounts.ts'
import { defineHostCheck, seenIn } from '../host-check.ts'
import { Unseen } from './look.ts'

const Params = z
  .strictObject({
    name: nameField('group'),
    exists: z.boolean().default(true),
    gid: z.int().min(0).optional(),
    members: z.array(nameField('user')).optional().describe('users that it must list; it may have more'),
  })
  .refine(({ exists, gid, members }) => exists || (gid === undefined && members === undefined), {
    error: 'has wishes for a group that must not exist',
  })

const look = (name: string): Reading => accountReading('group', name)

/** A group, from wherever the host has it. */
export default defineHostCheck({
  type: 'group',
  summary: 'group that must exist or not, with a number and members',
  example: { name: 'root', gid: 0 },
  params: Params,
  title: ({ name, exists }) => (exists ? `the group ${name} is as expected` : `there is no group ${name}`),
  readings: ({ name }) => [look(name)],
  judge({ name, exists, gid, members = [] }, found) {
    const line = seenIn(found, look(name))
    if (line === undefined) {
      const message = `there is no group ${name}`
      return exists ? { verdict: 'fail', reason: 'missing', message } : { verdict: 'pass', message }
    }
    const [, , number, listed] = line.trim().split(':')
    if (listed === undefined) throw new Unseen(`could not look at the group ${name}: the host answered something else`)
    if (!exists) return { verdict: 'fail', reason: 'state', message: `the group ${name} exists` }
    const lacking = members.filter(member => !listed.split(',').includes(member))
    const wrong = [
      ...(gid !== undefined && gid !== Number(number) ? [`has the number ${number}`] : []),
      ...(lacking.length > 0 ? [`lacks ${lacking.join(', ')}`] : []),
    ]
    if (wrong.length > 0) return { verdict: 'fail', reason: 'state', message: `the group ${name} ${wrong.join(', ')}` }
    return { verdict: 'pass', message: `the group ${name} is as expected` }
  },
})
