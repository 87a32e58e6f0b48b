import { spawn } from 'node:child_process'

export interface ShownEnd {
  readonly code: number | null
  /** stdout and stderr as they came. */
  readonly output: string
}

/** Runs a program without input; its output goes to our stdout as it comes, or at the end if it failed, or never. */
export function runShown(run: {
  readonly argv: readonly string[]
  readonly show: 'always' | 'if-failed' | 'never'
  readonly deadlineMs: number
  readonly env?: Readonly<Record<string, string>>
}): Promise<ShownEnd> {
  const [program = '', ...args] = run.argv
  const child = spawn(program, args, {
    env: { ...process.env, ...run.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: run.deadlineMs,
    killSignal: 'SIGKILL',
  })
  let output = ''
  const take = (chunk: string): void => {
    output += chunk
    if (run.show === 'always') process.stdout.write(chunk)
  }
  child.stdout.setEncoding('utf8').on('data', take)
  child.stderr.setEncoding('utf8').on('data', take)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      const text = signal === null ? output : `${output}\n${program} was ended by ${signal}\n`
      if (run.show === 'if-failed' && code !== 0) process.stdout.write(text)
      resolve({ code, output: text })
    })
  })
}
