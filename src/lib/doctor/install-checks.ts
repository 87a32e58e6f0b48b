import { constants } from 'node:fs'
import { access, readdir, readFile, stat, statfs } from 'node:fs/promises'
import { release, type } from 'node:os'
import { dirname, join } from 'node:path'
import { errnoOf } from '../core/errno.ts'
import { hostNamed } from '../core/host.ts'
import { formatSize } from '../core/size.ts'
import { checkFileLimit } from '../fleet/index.ts'
import type { Check, Examination, Judgement } from './check.ts'

/** What opsctl runs on. */
export const installChecks: readonly Check[] = [
  { path: 'install/version', name: 'version', judge: version },
  { path: 'install/platform', name: 'platform', judge: platform },
  { path: 'install/state', name: 'state directory', judge: stateDirectory },
  { path: 'install/files', name: 'open files', judge: openFiles },
  { path: 'install/clock', name: 'clock', judge: clock },
  { path: 'install/terminal', name: 'terminal', judge: terminal },
]

function version({ context }: Examination): Judgement {
  const { bun, node } = process.versions
  const runtime = bun === undefined ? `Node ${node}` : `Bun ${bun}`
  return {
    verdict: 'pass',
    message: `opsctl ${context.program.version} on ${runtime}`,
    data: { version: context.program.version, runtime },
  }
}

function platform(): Judgement {
  const message = `${type()} ${release()} ${process.arch}`
  if (process.platform === 'linux' || process.platform === 'darwin') return { verdict: 'pass', message }
  return { verdict: 'warn', message: `${message}: not one of the systems that opsctl is tested on, Linux and macOS` }
}

/** Less than this is soon filled by the output of a fleet. */
const lowSpaceBytes = 100 * 1024 ** 2

async function stateDirectory({ context }: Examination): Promise<Judgement> {
  const { state } = context.paths
  const found = await stat(state).catch(absent)
  if (found === undefined) {
    await access(await existingParent(state), constants.W_OK)
    return { verdict: 'pass', message: `${state} will be made by the first run` }
  }
  if (!found.isDirectory()) return { verdict: 'fail', message: `${state} is no directory` }
  if (found.uid !== context.uid) {
    return {
      verdict: 'warn',
      message: `${state} belongs to another user, so runs are not recorded; choose another with --state-dir`,
    }
  }
  await access(state, constants.W_OK)
  const [{ bavail, bsize }, runs] = await Promise.all([statfs(state), readdir(join(state, 'runs')).catch(() => [])])
  const free = bavail * bsize
  const metrics = { free_bytes: free, runs: runs.length }
  if ((found.mode & 0o077) !== 0) {
    return {
      verdict: 'fail',
      message: `${state}: others may look into it, and it holds output of hosts; chmod 700 ${state}`,
      metrics,
    }
  }
  const message = `${state}, ${runs.length} runs, ${formatSize(free)} free`
  return free < lowSpaceBytes
    ? { verdict: 'warn', message: `${message}: little room for output`, metrics }
    : { verdict: 'pass', message, metrics }
}

async function existingParent(path: string): Promise<string> {
  const parent = dirname(path)
  return parent === path || (await stat(parent).catch(absent)) ? parent : existingParent(parent)
}

async function openFiles({ options: { concurrency } }: Examination): Promise<Judgement> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(absent)
  const [, soft, hard] = /^Max open files\s+(\d+|unlimited)\s+(\d+|unlimited)/m.exec(limits ?? '') ?? []
  if (soft === undefined) return { verdict: 'na', message: 'the limit is known on Linux alone' }
  checkFileLimit({ hosts: Array.from({ length: concurrency }, () => hostNamed('any')), concurrency })
  return { verdict: 'pass', message: `${soft} of at most ${hard} for this process, enough for ${concurrency} hosts at a time` }
}

/** Before this nobody can have run this program. */
const firstRelease = Date.UTC(2026, 0, 1)

async function clock({ context }: Examination): Promise<Judgement> {
  const now = context.clock.now()
  const told = new Date(now).toISOString()
  if (now < firstRelease) return { verdict: 'fail', message: `it is ${told} here, which can not be; set the clock` }
  const newest = (await readdir(join(context.paths.state, 'runs')).catch(() => [])).sort().at(-1)
  const stamp = told.replace(/[-:]|\.\d+Z$/g, '')
  if (newest !== undefined && newest.slice(0, stamp.length) > stamp) {
    return { verdict: 'warn', message: `it is ${told} here, but the run ${newest} is from later: the clock was set back` }
  }
  const synchronized = await stat('/run/systemd/timesync/synchronized').then(
    () => ', synchronised by systemd-timesyncd',
    () => '',
  )
  return { verdict: 'pass', message: `${told}${synchronized}` }
}

function terminal({ context }: Examination): Judgement {
  const { stdin, stdout, stderr } = context.io
  const streams = Object.entries({ stdin, stdout, stderr }).flatMap(([name, { isTerminal }]) => (isTerminal ? [name] : []))
  const locale = context.env.LC_ALL || context.env.LC_CTYPE || context.env.LANG || 'C'
  const where = streams.length > 0 ? `${streams.join(', ')} on a terminal of ${stdout.columns} columns` : 'no terminal'
  const message = `${where}, TERM=${context.env.TERM ?? ''}, locale ${locale}`
  if (streams.length === 0 || /utf-?8/i.test(locale)) return { verdict: 'pass', message }
  return { verdict: 'warn', message: `${message}: signs like ✓ need a UTF-8 locale; export LC_ALL=C.UTF-8` }
}

/** Only what is not there is undefined. */
function absent(error: unknown): undefined {
  if (errnoOf(error) !== 'ENOENT') throw error
}
