import { describe, expect, test } from 'bun:test'

const opsctl = new URL('../../src/main.ts', import.meta.url).pathname

const native = new URL('../helpers/native-modules.ts', import.meta.url).pathname

type Shell = (line: string, env?: Readonly<Record<string, string>>) => Promise<{ code: number; stdout: string; stderr: string }>

/** What a shell line comes to, with opsctl as "$@". */
const shellWith =
  (...flags: string[]): Shell =>
  async (line, env = {}) => {
    const child = Bun.spawn(['bash', '-c', line, 'bash', process.execPath, ...flags, opsctl], {
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
    })
    const [code, stdout, stderr] = await Promise.all([
      child.exited,
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
    ])
    return { code, stdout, stderr }
  }
const shell = shellWith()

describe.each([
  ['--version', 'as the source gives it', shell],
  ['--version', 'as the compiled program gives it', shellWith(`--preload=${native}`)],
  ['--help', 'as the source gives it', shell],
  ['--help', 'as the compiled program gives it', shellWith(`--preload=${native}`)],
])('the answer to %s %s', (asked, _, shell) => {
  test('goes to a pipe and to a file whole', async () => {
    const { code, stdout, stderr } = await shell(`"$@" ${asked}`)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toEndWith('\n')
    expect((await shell(`file=$(mktemp); "$@" ${asked} >$file; cat $file; rm $file`)).stdout).toBe(stdout)
  }, 60_000)

  test('is the same where the program gives it', async () => {
    expect(await shell(`"$@" ${asked} --no-input`)).toEqual(await shell(`"$@" ${asked}`))
  }, 60_000)

  test.each([
    ['a stream that is closed', '>&-', 74],
    ['a full disk', '>/dev/full', 74],
  ])(
    'is not lost in silence on %s',
    async (_, where, code) => {
      const end = await shell(`"$@" ${asked} ${where}`)
      expect(end).toMatchObject({ code, stdout: '' })
      expect(end.stderr).toContain('opsctl: stdout ')
    },
    60_000,
  )

  test('ends without a word when its reader went away', async () => {
    // The reader is gone before anything is written: the fifo has one no more.
    const line = `d=$(mktemp -d); mkfifo $d/p; exec 3<>$d/p 4>$d/p 3<&-; "$@" ${asked} >&4; code=$?; rm -r $d; exit $code`
    expect(await shell(line)).toEqual({ code: 141, stdout: '', stderr: '' })
  }, 60_000)

  test('waits for a pipe that is full and does not block', async () => {
    const fill = `import fcntl, os, sys
fcntl.fcntl(1, fcntl.F_SETFL, fcntl.fcntl(1, fcntl.F_GETFL) | os.O_NONBLOCK)
try:
    while True: os.write(1, b'x' * 512)
except BlockingIOError: pass
os.execv(sys.argv[1], sys.argv[1:])`
    const { stdout } = await shell(`python3 -c "$FILL" "$@" ${asked} | { sleep 0.3; cat; } | tr -d x`, { FILL: fill })
    expect(stdout).toBe((await shell(`"$@" ${asked}`)).stdout.replaceAll('x', ''))
  }, 60_000)
})

test('help in colour or of another width is not the answer that is known', async () => {
  const { stdout: plain } = await shell('"$@" --help')
  expect((await shell('"$@" --help', { FORCE_COLOR: '1' })).stdout).toContain('\x1b[')
  expect((await shell('"$@" --help', { COLUMNS: '50' })).stdout).not.toBe(plain)
}, 60_000)

test('a word that only the language knows is no question', async () => {
  expect((await shell('"$@" constructor')).stderr).toContain("'constructor' is not a command of opsctl")
}, 60_000)
