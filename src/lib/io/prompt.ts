import { OpsError } from '../core/errors.ts'
import type { Io, Progress, Prompter } from '../core/io.ts'

interface PromptOptions {
  readonly io: Io
  /** Gives way to the question. */
  readonly progress: Progress
  /** False with --no-input, and where nobody is there to answer. */
  readonly mayAsk: boolean
}

/** Asks on stderr and reads the terminal on stdin without echo for secrets. Never takes silence for a yes. */
export function makePrompter({ io, progress, mayAsk }: PromptOptions): Prompter {
  const ask = async (question: string, options: { echo: boolean; signal: AbortSignal }): Promise<string> => {
    if (!mayAsk)
      throw new OpsError('E_CONFIRM', `nobody can be asked: ${question}`, {
        hint: 'run it on a terminal, or give the answer by flag or file',
      })
    options.signal.throwIfAborted()
    let answer = ''
    await progress.around(async () => {
      await io.stderr.write(`${question} `)
      try {
        answer = await readLine(options)
      } finally {
        if (!options.echo) await io.stderr.write('\n')
      }
    })
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
      stdin.off('end', end)
      signal.removeEventListener('abort', abort)
      if (!echo) stdin.setRawMode(false)
      stdin.pause()
      settle()
    }
    const abort = (): void => finish(() => reject(signal.reason))
    const end = (): void => finish(() => resolve(text))
    const take = (chunk: Buffer): void => {
      for (const character of chunk.toString('utf8')) {
        const key = keyOf(character)
        if (key === 'line') {
          end()
          return
        }
        // The run answers with an abort of this question.
        if (key === 'interrupt') process.kill(process.pid, 'SIGINT')
        else if (key === 'erase') text = text.slice(0, -1)
        else if (key === 'kill') text = ''
        else if (key === 'text') text += character
      }
    }
    if (signal.aborted) return reject(signal.reason)
    if (!echo) stdin.setRawMode(true)
    stdin.on('data', take)
    stdin.on('end', end)
    signal.addEventListener('abort', abort, { once: true })
    stdin.resume()
  })
}

/** In raw mode the terminal no longer does by itself what these keys stand for. */
function keyOf(character: string): 'line' | 'interrupt' | 'erase' | 'kill' | 'none' | 'text' {
  switch (character) {
    case '\n':
    case '\r':
    case ctrl('D'):
      return 'line'
    case ctrl('C'):
      return 'interrupt'
    case '\u007f':
    case '\b':
      return 'erase'
    case ctrl('U'):
      return 'kill'
    default:
      // No other control key, such as Ctrl-Z, is a part of a secret that someone types.
      return character < ' ' && character !== '\t' ? 'none' : 'text'
  }
}

const ctrl = (letter: string): string => String.fromCharCode(letter.charCodeAt(0) - 64)
