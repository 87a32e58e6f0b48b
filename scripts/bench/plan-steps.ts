import type { BenchChange } from './plan-change.ts'

/** Stands in steps for a directory of each host: one sshd stands for all of them, and they share their files. */
export const hostDirectory = '/HOST'

export const fileNames = ['nginx.conf', 'shop.conf', 'motd']

/** 4 KiB of configuration, in which the change replaces one line. */
const lines = Array.from({ length: 128 }, (_, index) =>
  `option_${index} ${'x'.repeat(32 - `option_${index} ;`.length)};\n`.slice(-32),
)
export const oldContent = Buffer.from(lines.join(''))
const newContent = lines.with(60, 'worker_connections         2048;\n').join('')

/** Three steps each. A command is one round trip a step, and the cheapest one there is; a file is looked at, written and looked at again. */
export const threeSteps: Readonly<Record<string, BenchChange['steps']>> = {
  'the command `true`': fileNames.map(() => ({ kind: 'command', params: { run: 'true', undo: 'true' } })),
  'a file of 4 KiB': fileNames.map(name => ({
    kind: 'write-file',
    params: { path: `${hostDirectory}/${name}`, content: newContent },
  })),
}
