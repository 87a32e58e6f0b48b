import { defineCommand } from '../lib/core/command.ts'
import { execOptions } from '../lib/exec/index.ts'

export default defineCommand({
  path: ['exec'],
  summary: 'run a command on many hosts over SSH and tell what came of it on each',
  description:
    'Output appears as it happens, each line with its host; progress and a summary go to stderr. Every selected host gives exactly one result.',
  input: execOptions,
  passThrough: true,
  exits: [0, 1, 2, 3, 4, 5, 6, 69, 74, 75, 77, 78, 124, 130],
  examples: [
    { line: 'exec -t localhost -- uptime', does: 'on this machine, without SSH' },
    { line: "exec -t 'web[01-50]' -- systemctl is-active nginx", does: 'on fifty hosts, arguments passed exactly' },
    { line: "exec -t @web --collate 'df -h / | tail -1'", does: 'one word is a line for the shell; same output is shown once' },
    {
      line: 'exec -t @db --sudo --script check-replication.sh -- --verbose',
      does: 'a local script as root, nothing left on the hosts',
    },
    { line: 'exec --dry-run change.yaml', does: 'what a change file would do, host by host; without --dry-run it is done' },
    {
      line: 'exec --dry-run --detailed-exit-code change.yaml',
      does: 'in continuous integration: 4 when hosts differ from the file',
    },
    { line: 'exec -t @all --limit @failed --retries 5 -o json -- uptime', does: 'only those that failed last time, as JSON' },
  ],
  async run(context, input) {
    const { default: run } = await import('./exec.run.ts')
    return await run(context, input)
  },
})
