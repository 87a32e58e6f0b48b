import { z } from 'zod'
import { durationField, parsedBy } from '../core/fields.ts'
import { parseShard } from '../core/shard.ts'
import { parseMaxFail } from './max-fail.ts'

const who = 'Targets'
const how = 'Connection'
const limits = 'Limits'

/** Flags that every command on a fleet takes. */
export const fleetOptions = {
  targets: z.array(z.string()).default([]).meta({
    short: 't',
    value: 'SET',
    group: who,
    completes: 'targets',
    description: 'hosts as a node set: web[01-50], @group, a,b, a!b, a&b, user@host:port, localhost; - reads them from stdin',
  }),
  inventory: z.array(z.string()).default([]).meta({
    short: 'i',
    value: 'FILE',
    group: who,
    completes: 'files',
    description: 'inventory: opsctl or Ansible YAML, Ansible INI, a directory, or a program that prints --list JSON',
  }),
  limit: z.array(z.string()).default([]).meta({
    value: 'SET',
    group: who,
    completes: 'targets',
    description: 'only those of the targets; @failed: the hosts that failed or did not answer last time',
  }),
  shard: z.string().transform(parsedBy(parseShard)).optional().meta({
    value: 'I/N',
    group: who,
    description: 'only the I-th of N shares of the targets, by their names: the same on every machine',
  }),
  allowEmpty: z.boolean().default(false).meta({ group: who, description: 'succeed when there is no target' }),
  user: z
    .string()
    .min(1)
    .optional()
    .meta({ short: 'u', value: 'NAME', group: how, description: 'log in as this user, unless the inventory names one' }),
  identity: z.array(z.string()).default([]).meta({
    value: 'FILE',
    group: how,
    completes: 'files',
    description: 'private key to offer, before those of the SSH configuration',
  }),
  sshConfig: z.string().optional().meta({
    value: 'FILE',
    group: how,
    completes: 'files',
    description: 'OpenSSH client configuration instead of ~/.ssh/config and /etc/ssh/ssh_config; none for none',
  }),
  hostKeyPolicy: z.enum(['strict', 'accept-new', 'ask']).optional().meta({
    value: 'POLICY',
    group: how,
    shownDefault: 'StrictHostKeyChecking of the SSH configuration, else strict',
    description: 'what happens with hosts that known_hosts does not know',
  }),
  passwordFile: z.string().optional().meta({
    value: 'FILE',
    group: how,
    completes: 'files',
    description: 'file with the password for hosts that take one; asked on a terminal otherwise',
  }),
  forwardAgent: z
    .boolean()
    .default(false)
    .meta({ short: 'A', group: how, commandLineOnly: true, description: 'lend the SSH agent to the hosts' }),
  sudo: z.boolean().default(false).meta({ group: how, description: 'run as root, or as --sudo-user, through sudo' }),
  sudoUser: z.string().min(1).optional().meta({ value: 'NAME', group: how, description: 'run as this user through sudo' }),
  sudoPasswordFile: z.string().optional().meta({
    value: 'FILE',
    group: how,
    completes: 'files',
    description: "file with sudo's password; - asks for it on the terminal",
  }),
  concurrency: z.int().min(1).max(10_000).default(64).meta({ value: 'N', group: limits, description: 'hosts at a time' }),
  connectTimeout: durationField()
    .prefault('10s')
    .meta({ value: 'TIME', group: limits, description: 'to get from nothing to a session on one host' }),
  timeout: durationField()
    .prefault('1h')
    .meta({ value: 'TIME', group: limits, description: 'of one command on one host; 0 for none' }),
  idleTimeout: durationField()
    .prefault('0')
    .meta({ value: 'TIME', group: limits, description: 'without any output of one command; 0 for none' }),
  deadline: durationField()
    .prefault('0')
    .meta({ value: 'TIME', group: limits, description: 'of the whole run (exit 124); 0 for none' }),
  retries: z
    .int()
    .min(0)
    .max(100)
    .default(2)
    .meta({ value: 'N', group: limits, description: 'more tries to connect, with growing pauses' }),
  maxFail: z.string().transform(parsedBy(parseMaxFail)).optional().meta({
    value: 'N|P%',
    group: limits,
    description: 'start no further host once more than this failed; unreachable ones count',
  }),
}

export type FleetOptions = z.output<z.ZodObject<typeof fleetOptions>>
