import type { Program } from '../core/command.ts'
import { nearest } from '../core/nearest.ts'
import { variableOf } from './flag.ts'

/** What is to be said of variables that look like opsctl's and that nobody reads: a slip would otherwise look like a setting that has no effect. */
export function unknownVariables(
  { globals, commands }: Pick<Program, 'globals' | 'commands'>,
  env: Readonly<Record<string, string | undefined>>,
): string[] {
  const set = Object.keys(env).filter(name => name.startsWith('OPSCTL_') && env[name])
  if (set.length === 0) return []
  const flags = [...globals, ...commands.flatMap(command => command.flags)]
  const read = new Set(['OPSCTL_CONFIG', ...flags.filter(flag => !flag.commandLineOnly).map(variableOf)])
  return set
    .filter(name => !read.has(name))
    .map(name => {
      const flag = flags.find(each => variableOf(each) === name)
      if (flag) return `the variable ${name} is not read: --${flag.long} can only be given on the command line`
      const close = nearest(name, read)
      return `the variable ${name} is not known and has no effect${close === undefined ? '' : `; did you mean ${close}?`}`
    })
}
