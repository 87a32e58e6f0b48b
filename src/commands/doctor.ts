import { defineCommand } from '../lib/core/command.ts'
import { doctor, doctorOptions } from '../lib/doctor/index.ts'

export default defineCommand({
  path: ['doctor'],
  summary: 'look at everything that a run needs, here and on the way to hosts',
  description:
    'Each thing gets a verdict, and what to do where it is not in order. Changes nothing. With --host it goes to the hosts stage by stage: name, connection, banner, key exchange, host key, authentication, a command.',
  input: doctorOptions,
  configuration: 'forgiven',
  exits: [0, 1, 2, 3, 74, 78, 130],
  examples: [
    { line: 'doctor', does: 'this machine' },
    { line: 'doctor --host web1', does: 'why does web1 not answer?' },
    { line: "doctor --host 'web[01-50]' -o table", does: 'the slow and the broken among many' },
  ],
  run: doctor,
})
