import { isCloseOnExec } from '../../../src/lib/io/process-stream.ts'

// As in src, without node:fs, which takes a fifth of the time of `opsctl --version`, and without node:tty, which takes half of it.

export const stdoutIsTerminal = (): boolean => process.binding('tty_wrap').isTTY(1)

declare global {
  namespace NodeJS {
    interface Process {
      binding(name: 'tty_wrap'): { isTTY(fd: number): boolean }
    }
  }
}

export async function writeAtOnce(text: string): Promise<boolean> {
  try {
    if (await wasClosed()) return false
    const bytes = new TextEncoder().encode(text)
    return (await Bun.write(Bun.stdout, bytes)) === bytes.length
  } catch {
    return false
  }
}

/** As a stream, since the runtime's other ways to read a file start a thread. */
async function wasClosed(): Promise<boolean> {
  try {
    const { value } = await Bun.file('/proc/self/fdinfo/1').stream().getReader().read()
    return isCloseOnExec(new TextDecoder().decode(value))
  } catch {
    // Only Linux has it.
    return false
  }
}
