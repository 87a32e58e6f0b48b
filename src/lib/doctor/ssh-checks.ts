import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Context } from '../core/context.ts'
import { errnoOf } from '../core/errno.ts'
import { keyOfLine, parseHostLines } from '../transport/known-hosts/host-line.ts'
import { SshAgent } from '../transport/ssh-agent.ts'
import type { ResolvedHost } from '../transport/ssh-config/resolved-host.ts'
import { loadSshConfig } from '../transport/ssh-config/ssh-config.ts'
import { systemWorld } from '../transport/ssh-config/system-world.ts'
import type { Check, Examination, Judgement } from './check.ts'
import type { DoctorOptions } from './options.ts'

/** What connections are made with. */
export const sshChecks: readonly Check[] = [
  { path: 'ssh/agent', name: 'agent', judge: agent },
  { path: 'ssh/config', name: 'configuration', judge: configuration },
  { path: 'ssh/known_hosts', name: 'known_hosts', judge: knownHosts },
]

async function agent({ context, options }: Examination): Promise<Judgement> {
  const socket = await anyHost(context, options).then(
    ({ identityAgent }) => identityAgent,
    () => context.env.SSH_AUTH_SOCK,
  )
  if (!socket) return { verdict: 'warn', message: 'no agent: SSH_AUTH_SOCK is not set, so only key files are offered' }
  using found = new SshAgent(socket, context.clock)
  const keys = await found.identities().catch(cause => {
    throw new Error(`the agent at ${socket} can not be asked; start one, or unset SSH_AUTH_SOCK`, { cause })
  })
  if (keys.length === 0) return { verdict: 'warn', message: `the agent at ${socket} holds no key; ssh-add`, metrics: { keys: 0 } }
  return { verdict: 'pass', message: `${keys.length} keys at ${socket}`, metrics: { keys: keys.length } }
}

async function configuration({ context, options }: Examination): Promise<Judgement> {
  await anyHost(context, options)
  const files = configFiles(context, options)
  const found = await Promise.all(Object.values(files).map(async path => ((await textOf(path)) === undefined ? [] : [path])))
  return { verdict: 'pass', message: found.flat().join(', ') || 'no OpenSSH configuration: its defaults' }
}

async function knownHosts({ context, options }: Examination): Promise<Judgement> {
  const host = await anyHost(context, options).catch(() => undefined)
  if (host === undefined)
    return { verdict: 'unknown', message: 'which files count can not be told: the SSH configuration is wrong' }
  const { userKnownHostsFiles, globalKnownHostsFiles } = host
  const texts = await Promise.all(
    [...userKnownHostsFiles, ...globalKnownHostsFiles].map(async file => ({ file, text: await textOf(file) })),
  )
  const present = texts.flatMap(({ file, text }) => (text === undefined ? [] : [{ file, text }]))
  const lines = present.flatMap(({ file, text }) => parseHostLines(text, file))
  const useful = lines.filter(line => keyOfLine(line) !== undefined)
  const useless = present.flatMap(({ file, text }) => {
    const good = new Set(useful.filter(line => line.file === file).map(({ line }) => line))
    return text
      .split('\n')
      .flatMap((line, index) => (/^\s*(#|$)/.test(line) || good.has(index + 1) ? [] : [`${file}:${index + 1}`]))
  })
  const metrics = { keys: useful.length, useless_lines: useless.length }
  if (present.length === 0)
    return { verdict: 'warn', message: `no known host: there is no ${texts.map(({ file }) => file).join(', no ')}`, metrics }
  const message = `${useful.length} keys in ${present.map(({ file }) => file).join(', ')}`
  if (useless.length === 0) return { verdict: 'pass', message, metrics }
  const shown = useless.slice(0, 5).join(', ') + (useless.length > 5 ? ' …' : '')
  return {
    verdict: 'warn',
    message: `${message}; ${useless.length} lines say nothing to ssh: ${shown}`,
    metrics,
    data: { lines: useless },
  }
}

/** What the configuration says of a host that it does not name. Conditions that run programs do not hold here. */
async function anyHost(context: Context, options: DoctorOptions): Promise<ResolvedHost> {
  const world = systemWorld({ env: context.env, exec: async () => false })
  const config = await loadSshConfig(configFiles(context, options), world)
  return config.resolve({ host: 'host.invalid' }, context.signal)
}

function configFiles(
  { paths }: Context,
  { sshConfig }: DoctorOptions,
): { readonly only: string } | { readonly user?: string; readonly system: string } {
  if (sshConfig !== undefined) return { only: sshConfig }
  return { ...(paths.home !== undefined && { user: join(paths.home, '.ssh/config') }), system: '/etc/ssh/ssh_config' }
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}
