import { judgeConfigFiles } from '../config/problems.ts'
import type { Check, Examination, Judgement } from './check.ts'

/** What people wrote down for opsctl. */
export const configurationChecks: readonly Check[] = [
  { path: 'configuration/files', name: 'settings', judge: settings },
  { path: 'configuration/inventory', name: 'inventory', judge: inventory },
]

async function settings({ context }: Examination): Promise<Judgement> {
  const files = (await judgeConfigFiles(context.paths.config, context)).filter(({ exists }) => exists)
  const problems = files.flatMap(file => file.problems)
  const [first] = problems
  if (first) {
    const more = problems.length > 1 ? `, and ${problems.length - 1} more` : ''
    return { verdict: 'fail', message: `${first.message}${more}; \`opsctl config validate\` tells all` }
  }
  if (files.length === 0) return { verdict: 'pass', message: 'no configuration file: variables and defaults alone' }
  const count = files.reduce((sum, file) => sum + file.settings, 0)
  return { verdict: 'pass', message: `${count} settings in ${files.map(({ path }) => path).join(', ')}` }
}

async function inventory({ context, options }: Examination): Promise<Judgement> {
  const { inventory: sources, sshConfig } = options
  const { hosts, groups } = await context.inventory({ sources, ...(sshConfig !== undefined && { sshConfig }) })
  const declared = [...hosts.values()].filter(({ via, origin }) => via !== 'local' || origin !== undefined)
  const metrics = { hosts: declared.length, groups: groups.size }
  if (declared.length === 0)
    return { verdict: 'pass', message: 'no hosts: they are named with -t, or in a file with -i', metrics }
  return { verdict: 'pass', message: `${declared.length} hosts, ${groups.size} groups`, metrics }
}
