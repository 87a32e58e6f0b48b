import { join } from 'node:path'
import type { FlagEntry, Program } from '../../core/command.ts'
import type { Context } from '../../core/context.ts'
import { flagText, variableOf } from '../flag.ts'
import { type Answer, pageOf } from './answer.ts'

/** Variables that no flag stands for. */
export const otherVariables = {
  OPSCTL_CONFIG: 'read this configuration file and no other, as --config does',
  NO_COLOR: 'no colour, when it is not empty',
  FORCE_COLOR: 'colour also where there is no terminal; 0 for none',
  TERM: 'dumb: no colour and no drawing',
  COLUMNS: 'width of the output',
  CI: 'nobody is asked anything, when it is not empty',
  HOME: 'where ~ is: the SSH configuration, and what XDG variables do not move',
  XDG_CONFIG_HOME: 'where opsctl/config.yaml is looked for; ~/.config by default',
  XDG_STATE_HOME: 'where opsctl keeps its runs; ~/.local/state by default, /var/lib for root',
  SSH_AUTH_SOCK: 'the SSH agent',
} as const

/** Every variable that opsctl reads. */
export function environmentAnswer(context: Context): Answer {
  const page = pageOf(context)
  const flags = settableFlags(context.program)
  const other = Object.entries(otherVariables)
  const rule =
    'A flag on the command line wins over its variable, which wins over configuration files. Booleans are 1 or 0, true or false, yes or no, on or off.'
  return {
    text: [
      page.paragraph(rule),
      `Variables of flags\n${page.table(flags.map(flag => [variableOf(flag), flagText(flag)]))}`,
      `Others\n${page.table(other)}`,
    ].join('\n\n'),
    data: {
      variables: [
        ...flags.map(flag => ({ variable: variableOf(flag), flag: `--${flag.long}`, meaning: flag.description })),
        ...other.map(([variable, meaning]) => ({ variable, meaning })),
      ],
    },
  }
}

/** One flag a name: commands share theirs. */
function settableFlags({ globals, commands }: Program): FlagEntry[] {
  const all = [...globals, ...commands.flatMap(({ flags }) => flags)].filter(flag => !flag.commandLineOnly)
  return [...new Map(all.map(flag => [flag.long, flag])).values()]
}

/** Where this run would look for configuration, and where it keeps things. */
export function filesAnswer(context: Context): Answer {
  const { config, state, home } = context.paths
  const page = pageOf(context)
  const kept: [string, string][] = [
    [join(state, 'runs'), 'a directory a run: who was asked, who answered, output kept by --spill, what a change is undone from'],
    [join(state, 'unfinished'), 'a file for each change that stands half-way'],
    [join(state, 'spill'), 'output of hosts while a run needs the room'],
  ]
  const ssh: [string, string][] = [
    ...(home === undefined
      ? []
      : ([
          [join(home, '.ssh/config'), 'OpenSSH client configuration'],
          [join(home, '.ssh/known_hosts'), 'host keys'],
        ] as [string, string][])),
    ['/etc/ssh/ssh_config', 'OpenSSH client configuration of the system'],
    ['/etc/ssh/ssh_known_hosts', 'host keys of the system'],
  ]
  const precedence = config.map((path, index): [string, string] => [path, index === 0 ? 'wins' : 'then this'])
  return {
    text: [
      `Configuration, strongest first (\`opsctl config validate\` reads it)\n${page.table(precedence)}`,
      `State (--state-dir moves it)\n${page.table(kept)}`,
      `SSH, as ssh itself reads it\n${page.table(ssh)}`,
    ].join('\n\n'),
    data: { config, state, ssh: ssh.map(([path, meaning]) => ({ path, meaning })) },
  }
}
