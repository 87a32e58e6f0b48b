import type { CommandEntry, Program } from '../core/command.ts'

/** The command that words behind another command make, as `wait` or `routes test` behind `probe`; undefined when they are arguments. */
export function verbOf(program: Program, command: CommandEntry, behind: readonly string[]): CommandEntry | undefined {
  const words = [...command.path, ...behind]
  return program.commands.find(({ path }) => path.length === words.length && words.every((each, at) => path[at] === each))
}
