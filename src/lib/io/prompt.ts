import { OpsError } from '../core/errors.ts'
import type { Io, Prompter } from '../core/io.ts'

interface PromptOptions {
  readonly io: Io
  /** False with --no-input, and where nobody is there to answer. */
  readonly mayAsk: boolean
}

/** Asks on stderr and reads the terminal on stdin without echo for secrets. Never takes silence for a yes. */
export function makePrompter({ io, mayAsk }: PromptOptions): Prompter {
  const ask = async (question: string, options: { echo: boolean; signal: AbortSignal }): Promise<string> => {
    if (!mayAsk)
      throw new OpsError('E_CONFIRM', `nobody can be asked: ${question}`, {
        hint: 'run it on a terminal, or give the answer by flag or file',
      })
    await io.stderr.write(`${question} `)
    const answer = await readLine(options)
    if (!options.echo) await io.stderr.write('\n')
    return answer
  }
  return {
    secret: (question, signal) => ask(question, { echo: false, signal }),
    confirm: async (question, signal) => /^y(es)?$/i.test((await ask(`${question} [y/N]`, { echo: true, signal })).trim()),
  }
}

function readLine({ echo, signal }: { echo: boolean; signal: AbortSignal }): Promise<string> {
  const { stdin } = process
  return new Promise((resolve, reject) => {
    let text = ''
    const finish = (settle: () => void): void => {
      stdin.off('data', take)
      signal.removeEventListener('abort', abort)
      if (!echo) stdin.setRawMode(false)
      stdin.pause()
      settle()
    }
    const abort = (): void => finish(() => reject(signal.reason))
    const take = (chunk: Buffer): void => {
      for (const character of chunk.toString('utf8')) {
        const end = ends(character)
        if (end === 'interrupt') finish(() => void process.kill(process.pid, 'SIGINT'))
        else if (end === 'line') finish(() => resolve(text))
        else if (character === '\u007f' || character === '\b') text = text.slice(0, -1)
        else text += character
        if (end) break
      }
    }
    if (signal.aborted) return reject(signal.reason)
    if (!echo) stdin.setRawMode(true)
    stdin.on('data', take)
    signal.addEventListener('abort', abort, { once: true })
    stdin.resume()
  })
}

/** In raw mode the terminal no longer turns Ctrl-C into a signal, nor Ctrl-D into an end. */
function ends(character: string): 'line' | 'interrupt' | undefined {
  if (character === '\u0003') return 'interrupt'
  return character === '\n' || character === '\r' || character === '\u0004' ? 'line' : undefined
}
