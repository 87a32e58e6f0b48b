import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { measure } from './measure.ts'
import { type ProbeServers, type Speech, serverName } from './probe-servers.ts'

export const checkHttpProgram = '/usr/lib/nagios/plugins/check_http'
export const hasCheckHttp = (): boolean => existsSync(checkHttpProgram)

/** At a time, each a process. */
const processes = 32

/** check_http of the monitoring plugins, once for every address. It does not verify certificates. */
export async function runCheckHttp({ directory }: ProbeServers, urls: readonly string[], speech: Speech) {
  const list = join(directory, 'check-http')
  const lines = urls.map(url => {
    const { hostname, port } = new URL(url)
    return `-I ${hostname} -H ${serverName} -p ${port}${speech === 'HTTP' ? '' : ' -S --sni'}\n`
  })
  await writeFile(list, lines.join(''))
  const argv = ['xargs', '-a', list, '-L', '1', '-P', String(processes), checkHttpProgram]
  const run = await measure({ argv, env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' }, deadlineMs: 600_000 })
  const times = timesOf(run.stdout)
  const failures = times.length === urls.length ? [] : [`${times.length} of ${urls.length} are OK: ${run.stdout.slice(0, 200)}`]
  return { ...run, times, failures }
}

/** Milliseconds that each plugin tells that is content with what it found. */
export const timesOf = (stdout: string): number[] =>
  [...stdout.matchAll(/^HTTP OK.*\|time=([\d.]+)s/gm)].map(([, seconds]) => Number(seconds) * 1000)
