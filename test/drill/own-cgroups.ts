import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { findProgram } from '../helpers/needs.ts'

/** What a sandbox takes for the topmost cgroups: children made for it. They go with the test, also when that is killed. */
export interface OwnCgroups extends AsyncDisposable {
  /** For the set-up of a sandbox or a machine, whose mounts are its own. */
  readonly setUp: string
}

const hierarchies = ['/sys/fs/cgroup/cpu', '/sys/fs/cgroup/unified', '/sys/fs/cgroup'].filter(at =>
  existsSync(`${at}/cgroup.procs`),
)

/** Whether cgroups can be made on this machine at all. */
export const hasCgroups = hierarchies.length > 0

/** Its stdin is held by the test. What still runs in there ends with the sandbox. */
const watchdog = `name=$1; shift; for at do mkdir "$at/$name" || exit 1; { echo +cpu >"$at/$name/cgroup.subtree_control"; } 2>/dev/null; done; echo made; cat >/dev/null
for at do tries=0; while [ -d "$at/$name" ] && [ $tries -lt 100 ]; do find "$at/$name" -depth -type d -exec rmdir {} + 2>/dev/null; tries=$((tries + 1)); sleep 0.1; done; done`

export async function makeOwnCgroups(): Promise<OwnCgroups> {
  const name = `opsctl-test-${process.pid}-${Math.random().toString(36).slice(2)}`
  const args = ['-c', watchdog, 'sh', name, ...hierarchies]
  const child = spawn(findProgram('sh') ?? 'sh', args, { stdio: ['pipe', 'pipe', 'inherit'], detached: true, cwd: '/' })
  const ended = once(child, 'exit')
  const [said] = (await Promise.race([once(child.stdout, 'data'), ended])) as [unknown]
  if (!String(said).includes('made')) throw new Error(`there are no cgroups to be had: ${said}`)
  return {
    setUp: hierarchies.map(at => `mount --bind ${at}/${name} ${at}\n`).join(''),
    async [Symbol.asyncDispose]() {
      child.stdin.end()
      await ended
    },
  }
}
