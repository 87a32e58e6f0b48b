import { z } from 'zod'
import { defineSource } from '../../core/component.ts'
import { durationField } from '../../core/fields.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { ParamsError, parseParams } from '../../core/params.ts'
import { type CommandSettings, readCommand } from './command/read-command.ts'

const params = z.strictObject({
  argv: z.array(z.string()).min(1).optional().describe('a program and its arguments; no shell is between'),
  shell: z.string().min(1).optional().describe('in place of argv: a line for /bin/sh'),
  every: durationField()
    .optional()
    .describe('run again so long after the beginning of the last run; absent: kept running, and begun again when it ends'),
  timeout: durationField().optional().describe('a run that takes longer is ended'),
  cwd: z.string().min(1).optional().describe('where it runs'),
  env: z.record(z.string(), z.string()).default({}).describe('besides the environment of opsctl'),
})

export default defineSource({
  type: 'command',
  version: '1.0.0',
  summary: 'what a program prints, kept running or run again and again',
  stability: 'experimental',
  schema: jsonSchemaOf(params),
  example: { argv: ['dmesg', '--follow', '--json'] },
  build(config) {
    const { argv, shell, every, timeout, cwd, env } = parseParams(params, config)
    if ((argv === undefined) === (shell === undefined))
      throw new ParamsError('a command needs either argv or shell', { path: argv === undefined ? [] : ['shell'] })
    const settings: CommandSettings = {
      command: shell === undefined ? { argv: argv ?? [] } : { shell },
      title: shell ?? argv?.join(' ') ?? '',
      env,
      ...(every !== undefined && { everyMs: every }),
      ...(timeout !== undefined && { timeoutMs: timeout }),
      ...(cwd !== undefined && { cwd }),
    }
    return { title: settings.title, isReplayable: false, read: place => readCommand(place, settings) }
  },
})
