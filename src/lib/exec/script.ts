import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import { OpsError } from '../core/errors.ts'
import type { Command } from '../core/transport.ts'

const shells = /(?:^|\/)(?:ba|da|z|k|a|mk)?sh$/

/** Reads the script before running it, so that commands in it that read stdin can not eat the rest of it. */
const readThenRun = 'opsctl_script=$(cat) && eval "$opsctl_script"'

/**
 * The command that runs a script which arrives on stdin, by the interpreter of its first line; sh without one.
 * @throws OpsError E_USAGE when the script can not be read
 */
export async function scriptCommand(path: string, args: readonly string[]): Promise<Command> {
  const [program = '/bin/sh', ...flags] = interpreterOf(await firstLine(path))
  if (shells.test(program) || shells.test(flags.at(-1) ?? '')) {
    return { argv: [program, ...flags, '-c', readThenRun, basename(path), ...args] }
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

async function firstLine(path: string): Promise<string> {
  try {
    await using file = await open(path)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(512), 0, 512, 0)
    return buffer.toString('utf8', 0, bytesRead).split('\n', 1)[0] ?? ''
  } catch (cause) {
    throw new OpsError('E_USAGE', `--script ${path} can not be read`, { cause })
  }
}
