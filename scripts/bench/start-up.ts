import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compile } from '../release/compile.ts'
import { hostTarget, readPackaging, root } from '../release/packaging.ts'
import { figure, markdownTable, median } from './figures.ts'
import { describeMachine } from './machine.ts'

interface Program {
  readonly name: string
  readonly argv: readonly string[]
  /** At most so many times the compiled hello: wall time and peak memory. */
  readonly goal?: readonly [time: number, memory: number]
}

interface Start {
  readonly wallMs: number
  readonly cpuMs: number
  readonly rssMiB: number
}

const peers: readonly Program[] = [
  { name: 'etcdctl version', argv: ['etcdctl', 'version'] },
  { name: 'amtool --version', argv: ['amtool', '--version'] },
  { name: 'promtool --version', argv: ['promtool', '--version'] },
  { name: 'kubectl version', argv: ['kubectl', 'version', '--client'] },
  { name: 'pdsh -V', argv: ['pdsh', '-V'] },
  { name: 'clush --version', argv: ['clush', '--version'] },
  { name: 'ansible --version', argv: ['ansible', '--version'] },
]

/**
 * Starts of the compiled program beside the smallest program that the same compiler makes, a static C program, and peers: each in turn,
 * round by round, so that what else the machine does falls on all of them. False when a goal is missed.
 */
export async function benchStartUp({ rounds }: { readonly rounds: number }): Promise<boolean> {
  const directory = mkdtempSync(join(tmpdir(), 'opsctl-bench-'))
  try {
    const programs = await programsIn(directory)
    const measured = startAll(programs, { rounds, home: directory })
    const starts = new Map(programs.map(({ name }, index) => [name, measured[index] ?? []]))
    return report(programs, starts)
  } finally {
    rmSync(directory, { recursive: true })
  }
}

async function programsIn(directory: string): Promise<Program[]> {
  const config = readPackaging()
  const hello = join(directory, 'hello')
  writeFileSync(join(directory, 'hello.ts'), "console.log('hello')\n")
  // It has none of the recorded starts, and of the packages that are told to come late or in part.
  const compiler = { ...config, compile: { ...config.compile, startOrder: [], late: {}, without: {}, native: {} } }
  await compile({ config: compiler, target: hostTarget(config), outfile: hello, entry: join(directory, 'hello.ts') })
  // Both written just now: how a file came into the page cache makes a fifth of a start.
  const opsctl = join(directory, 'opsctl')
  copyFileSync(join(root, config.outfile), opsctl)
  const line = (goal: readonly [number, number], ...args: string[]): Program => ({
    name: `opsctl ${args.join(' ')}`,
    argv: [opsctl, ...args],
    goal,
  })
  return [
    { name: 'compiled hello', argv: [hello] },
    line([1.15, 1.3], '--version'),
    line([1.3, 1.3], '--help'),
    line([2, 1.6], 'exec', '--help'),
    line([3.5, 2], 'exec', '-t', 'localhost', '--', 'true'),
    ...staticC(directory),
    ...peers.filter(({ argv: [program = ''] }) => Bun.which(program) !== null),
  ]
}

function staticC(directory: string): Program[] {
  const program = join(directory, 'static')
  writeFileSync(join(directory, 'static.c'), '#include <stdio.h>\nint main(void) { puts("hello"); }\n')
  const made = spawnSync('gcc', ['-O2', '-static', '-o', program, join(directory, 'static.c')], { stdio: 'ignore' })
  return made.status === 0 ? [{ name: 'static C hello', argv: [program] }] : []
}

/**
 * A program that a large process starts begins with that one's peak memory, so that a small one, Python, starts them all: in turn, each
 * with an environment of its own.
 */
const starter = `import json, os, sys, time
job = json.load(sys.stdin)
null = os.open('/dev/null', os.O_RDWR)
result = [[] for _ in job['programs']]
for _ in range(job['rounds']):
    for index, argv in enumerate(job['programs']):
        begin = time.perf_counter()
        pid = os.posix_spawnp(argv[0], argv, job['env'], file_actions=[(os.POSIX_SPAWN_DUP2, null, fd) for fd in (0, 1, 2)])
        used = os.wait4(pid, 0)[2]
        wall = (time.perf_counter() - begin) * 1000
        result[index].append({'wallMs': wall, 'cpuMs': (used.ru_utime + used.ru_stime) * 1000, 'rssMiB': used.ru_maxrss / 1024})
json.dump(result, sys.stdout)
`

function startAll(
  programs: readonly Program[],
  { rounds, home }: { rounds: number; home: string },
): readonly (readonly Start[])[] {
  const env = { PATH: process.env['PATH'] ?? '', HOME: home, XDG_STATE_HOME: join(home, 'state') }
  const input = JSON.stringify({ rounds, env, programs: programs.map(({ argv }) => argv) })
  const { status, stdout, stderr } = spawnSync('python3', ['-c', starter], { input, encoding: 'utf8' })
  if (status !== 0) throw new Error(`python3 could not start the programs: ${stderr}`)
  return JSON.parse(stdout)
}

function report(programs: readonly Program[], starts: ReadonlyMap<string, readonly Start[]>): boolean {
  const middle = (name: string, value: (start: Start) => number): number => median((starts.get(name) ?? []).map(value))
  const [hello] = programs
  const ratio = (name: string, value: (start: Start) => number): number => middle(name, value) / middle(hello?.name ?? '', value)
  let reached = true
  const rows = programs.map(({ name, goal }) => {
    const [time, cpu, memory] = [ratio(name, one => one.wallMs), ratio(name, one => one.cpuMs), ratio(name, one => one.rssMiB)]
    if (goal && (time > goal[0] || memory > goal[1])) reached = false
    return [
      name,
      figure(middle(name, one => one.wallMs)),
      figure(time) + (goal ? ` (goal ${goal[0]})` : ''),
      figure(middle(name, one => one.cpuMs)),
      figure(cpu),
      figure(middle(name, one => one.rssMiB)),
      figure(memory) + (goal ? ` (goal ${goal[1]})` : ''),
    ]
  })
  process.stdout.write(`${describeMachine()}\n\n`)
  process.stdout.write(markdownTable(['start of', 'ms', '÷ hello', 'CPU ms', '÷ hello', 'RSS MiB', '÷ hello'], rows))
  return reached
}
