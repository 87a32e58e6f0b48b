import type { Command } from '../core/transport.ts'
import type { StoredInput } from './stored-input.ts'

const shells = /(?:^|\/)(?:ba|da|z|k|a|mk)?sh$/

/** Reads the script before running it, so that commands in it that read stdin can not eat the rest of it. */
const readThenRun = 'opsctl_script=$(cat) && eval "$opsctl_script"'

export interface Script {
  /** What it is told to be called. */
  readonly name: string
  readonly content: StoredInput
  readonly args: readonly string[]
}

/** The command that runs a script which arrives on stdin, by the interpreter of its first line; sh without one. */
export async function scriptCommand({ name, content, args }: Script): Promise<Command> {
  const [program = '/bin/sh', ...flags] = interpreterOf(await firstLine(content))
  if (shells.test(program) || shells.test(flags.at(-1) ?? '')) {
    return { argv: [program, ...flags, '-c', readThenRun, name, ...args] }
  }
  const takesDash = /(?:^|\/)(?:python|perl|ruby|node|php)[\d.]*$/
  if ([program, ...flags].some(word => takesDash.test(word))) return { argv: [program, ...flags, '-', ...args] }
  // Others take a file: /dev/stdin names one only where stdin is a pipe, and sshd gives a socket.
  return { argv: ['/bin/sh', '-c', 'cat | "$0" "$@"', program, ...flags, '/dev/stdin', ...args] }
}

/** Words of a `#!` line; the kernel passes what follows the program as one word, and `env -S` splits it. */
function interpreterOf(line: string): string[] {
  const [, program, rest] = /^#!\s*(\S+)(?:[ \t]+(.*?))?\s*$/.exec(line) ?? []
  if (program === undefined) return []
  if (!rest) return [program]
  return rest.startsWith('-S ') ? [program, ...rest.slice(3).trim().split(/\s+/)] : [program, rest]
}

async function firstLine(content: StoredInput): Promise<string> {
  let head = Buffer.alloc(0)
  for await (const piece of content()) {
    head = Buffer.concat([head, piece])
    if (head.length >= 512 || head.includes('\n')) break
  }
  return head.toString('utf8', 0, 512).split('\n', 1)[0] ?? ''
}
