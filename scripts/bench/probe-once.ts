import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { markdownTable, spread } from './figures.ts'
import { opsctlProgram } from './fleet-clients.ts'
import { measure, type Run } from './measure.ts'
import { type ProbeServers, type Speech, serverName, speeches } from './probe-servers.ts'

interface Once {
  readonly targets: number
  readonly concurrency: number
  readonly rounds: number
}

/** The whole program, from its start to the end of its report: `opsctl probe -f` of a file with a check for every target. */
export async function benchProbeOnce(servers: ProbeServers, { targets, concurrency, rounds }: Once): Promise<void> {
  const runs = new Map<Speech, Run[]>(speeches.map(speech => [speech, []]))
  for (let round = 0; round < rounds; round++) {
    for (const speech of speeches) {
      const file = join(servers.directory, `checks-${speeches.indexOf(speech)}.yaml`)
      const tls = speech === 'HTTP' ? {} : { ca: servers.authority, server_name: serverName }
      const checks = servers.urls(speech, targets).map((endpoint, index) => ({ name: `target${index}`, endpoint, ...tls }))
      // What is JSON is YAML.
      await writeFile(file, JSON.stringify({ checks }, undefined, 1))
      const argv = [opsctlProgram(), 'probe', '-f', file, '--concurrency', String(concurrency), '-o', 'json']
      const env = { PATH: '/usr/bin:/bin', HOME: servers.directory, XDG_STATE_HOME: servers.directory, LC_ALL: 'C.UTF-8' }
      const run = await measure({ argv, env, deadlineMs: 600_000, discard: true })
      if (run.code !== 0) throw new Error(`opsctl probe ended with ${run.code}: ${run.stderr.slice(0, 500)}`)
      runs.get(speech)?.push(run)
    }
  }
  const rows = [...runs].map(([speech, its]) => [
    speech,
    spread(its.map(run => run.wallS)),
    spread(its.map(run => run.cpuS)),
    Math.max(...its.map(run => run.rssMiB)).toFixed(0),
  ])
  const table = markdownTable([`\`opsctl probe -f\` of ${targets}`, 'wall s', 'CPU s', 'RSS MiB'], rows)
  process.stdout.write(`\n## The whole program once, ${rounds} rounds\n\n${table}\n`)
}
