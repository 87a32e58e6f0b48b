import { z } from 'zod'
import { defineCommand } from '../lib/core/command.ts'
import { completion, shells } from '../lib/surface/completion/script.ts'

export default defineCommand({
  path: ['completion'],
  summary: 'print the script that completes opsctl in bash, zsh or fish',
  description: 'Completes commands, flags, values, files, and hosts and groups of the inventory that the line names.',
  input: z.strictObject({
    shell: z.enum(shells).meta({ positional: true, value: 'SHELL', description: 'the shell to complete in' }),
  }),
  configuration: 'ignored',
  exits: [0, 2, 74],
  examples: [
    { line: 'completion bash', does: 'for ~/.bashrc: source <(opsctl completion bash)' },
    { line: 'completion zsh', does: 'for a directory of $fpath: opsctl completion zsh > ~/.zfunc/_opsctl' },
    { line: 'completion fish', does: 'for fish: opsctl completion fish > ~/.config/fish/completions/opsctl.fish' },
  ],
  run: completion,
})
