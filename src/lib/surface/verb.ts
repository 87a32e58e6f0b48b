import type { CommandEntry, Program } from '../core/command.ts'

/** The command that a word behind another command makes, as `wait` behind `probe`; undefined when it is an argument. */
export function verbOf(program: Program, command: CommandEntry, word: string): CommandEntry | undefined {
  const words = [...command.path, word]
  return program.commands.find(({ path }) => path.length === words.length && words.every((each, at) => path[at] === each))
}
