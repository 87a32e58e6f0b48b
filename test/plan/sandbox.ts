import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { StepPlace } from '../../src/lib/core/plan.ts'
import { poll } from '../helpers/poll.ts'
import { fullHost, stepPlace } from './step-host.ts'

/** This machine with processes, mounts and a network of its own, and an /etc and a /run that nobody else sees. */
export interface Sandbox extends AsyncDisposable {
  readonly place: StepPlace
  /** What a line of sh prints in there. */
  sh(line: string): Promise<string>
}

/** Runs `setUp` first, a script for sh as the first process inside. Ask `needs('root', 'mount', 'netns')` first. */
export async function startSandbox(options: {
  readonly directory: string
  readonly setUp?: string
  readonly env?: Readonly<Record<string, string>>
  /** The network of this machine instead of an empty one. */
  readonly sharesNetwork?: boolean
}): Promise<Sandbox> {
  const { directory, setUp = ':', env = {}, sharesNetwork = false } = options
  // Not while the helper of another test makes an account.
  const script = `set -e; flock -s /run/opsctl-test.lock cp -a /etc ${directory}/etc; mount --bind ${directory}/etc /etc; mount -t tmpfs tmpfs /run; ${setUp}
echo ready; exec sleep 3600`
  const flags = [
    '--mount',
    ...(sharesNetwork ? [] : ['--net']),
    '--pid',
    '--fork',
    '--mount-proc',
    '--kill-child',
    '--propagation',
    'private',
  ]
  const child = spawn('unshare', [...flags, 'sh', '-c', script], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  const ended = once(child, 'exit')
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', bytes => (printed += bytes))
  await poll('the sandbox is ready', 20_000, () => {
    if (child.exitCode !== null) throw new Error(`the sandbox ended: ${printed}`)
    return printed.includes('ready\n')
  })
  const [init = ''] = (await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')).split(' ')
  const enter = ['nsenter', '-t', init, '-m', ...(sharesNetwork ? [] : ['-n']), '-p', '--']
  const host = stepPlace(fullHost(env))
  const place: StepPlace = {
    ...host,
    run: (command, more) =>
      host.run({ argv: [...enter, ...('argv' in command ? command.argv : ['sh', '-c', command.shell])] }, more),
  }
  return {
    place,
    async sh(line) {
      const output = await place.run({ argv: ['sh', '-c', line] })
      return Buffer.concat([output.stdout, output.stderr]).toString()
    },
    async [Symbol.asyncDispose]() {
      process.kill(Number(init), 'SIGKILL')
      await ended
    },
  }
}
