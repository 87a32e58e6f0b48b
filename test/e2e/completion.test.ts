import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { needs } from '../helpers/needs.ts'
import { type OpsctlRun, opsctl, opsctlProgram, startOpsctl } from '../helpers/opsctl.ts'
import { type TempDir, tempDir } from '../helpers/temp-dir.ts'

// Real shells on a terminal: keys go in, and the words of the command that comes out are judged.

let home: TempDir
beforeAll(async () => {
  home = await tempDir()
  await mkdir(join(home.path, 'bin'))
  await symlink(opsctlProgram(), join(home.path, 'bin/opsctl'))
  await mkdir(join(home.path, 'runs of may'))
  await writeFile(join(home.path, 'script.sh'), 'uptime\n')
  await writeFile(join(home.path, 'hosts.yaml'), 'hosts:\n  web[1-2]: {}\n  db1: {}\ngroups:\n  frontend: web[1-2]\n')
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { stdout, code } = await opsctl(['completion', shell])
    expect(code).toBe(0)
    await writeFile(join(home.path, `opsctl.${shell}`), stdout)
  }
})
afterAll(() => home[Symbol.asyncDispose]())

const environment = () => ({ PATH: `${home.path}/bin:${process.env['PATH']}`, OPSCTL_INVENTORY: join(home.path, 'hosts.yaml') })

/** What is typed, `\t` being the key, and the words that opsctl would get. `⇥` in a title stands for the key. */
const cases: readonly (readonly [string, readonly string[]])[] = [
  ['opsctl comp\tz\t', ['completion', 'zsh']],
  ['opsctl config val\t', ['config', 'validate']],
  ['opsctl exec --output-d\t', ['exec', '--output-dir']],
  ['opsctl exec -o ya\t', ['exec', '-o', 'yaml']],
  ['opsctl exec --output=ya\t', ['exec', '--output=yaml']],
  ['opsctl exec -t db\tx', ['exec', '-t', 'db1', 'x']],
  ['opsctl exec -t @fr\t', ['exec', '-t', '@frontend']],
  ['opsctl exec -t db1,@fr\t', ['exec', '-t', 'db1,@frontend']],
  ['opsctl exec --targets=db1,@fr\t', ['exec', '--targets=db1,@frontend']],
  ['opsctl exec -t root@db\t', ['exec', '-t', 'root@db1']],
  ["opsctl exec -t 'web[1-2],d\t", ['exec', '-t', 'web[1-2],db1']],
  ["opsctl exec -t '@frontend!web1,d\t", ['exec', '-t', '@frontend!web1,db1']],
  ['opsctl exec --script scr\t', ['exec', '--script', 'script.sh']],
  ['opsctl exec --script=scr\t', ['exec', '--script=script.sh']],
  ['opsctl exec -o json=scr\t', ['exec', '-o', 'json=script.sh']],
  ['opsctl exec --output-dir ru\t', ['exec', '--output-dir', 'runs of may/']],
  ['opsctl explain E_HOST\t', ['explain', 'E_HOSTKEY']],
  ['opsctl nothing we\t', ['nothing', 'we']],
]
const shownKeys = (keys: string): string => keys.replaceAll('\t', '⇥')

/** Prints its words instead of running, unless the completion asks. */
const show = `opsctl() { if [ "$1" = __complete ]; then command opsctl "$@"; else printf 'WORDS'; printf '<%s>' "$@"; echo; fi; }\nPS1='READY> '\n`

/** Types a line into an interactive shell and gives the words of the command. */
async function typed(shell: OpsctlRun, keys: string): Promise<string[]> {
  const before = shell.stdout().length
  const tab = keys.lastIndexOf('\t')
  shell.write(keys.slice(0, tab + 1))
  shell.write(`${keys.slice(tab + 1)}\r`)
  await shell.until(new RegExp(`^[\\s\\S]{${before}}[\\s\\S]*WORDS<.*>\\s`))
  const words = /WORDS(<.*>)\s/.exec(shell.stdout().slice(before))?.[1] ?? ''
  return [...words.matchAll(/<([^>]*)>/g)].map(([, word = '']) => word)
}

describe.skipIf(!needs('bash', 'script'))('in bash', () => {
  const withPackage = 'source /usr/share/bash-completion/bash_completion\n'
  test('completes alone', () => completes(''), 90_000)
  test.skipIf(!needs('bash-completion'))('completes with bash-completion', () => completes(withPackage), 90_000)

  async function completes(setUp: string): Promise<void> {
    const rc = join(home.path, 'bashrc')
    await writeFile(rc, `${setUp}source ${home.path}/opsctl.bash\n${show}bind 'set enable-bracketed-paste off'\n`)
    const shell = await startOpsctl(['--noprofile', '--rcfile', rc, '-i'], {
      ...{ program: 'bash', tty: true, home: home.path, env: environment() },
      deadlineMs: 60_000,
    })
    await shell.until(/READY>/)
    const found = []
    for (const [keys] of cases) found.push([shownKeys(keys), await typed(shell, keys)])
    expect(found).toEqual(cases.map(([keys, words]) => [shownKeys(keys), [...words]]))
    shell.write('exit\r')
    await shell.ended
  }

  test.skipIf(!needs('shellcheck'))('shellcheck finds no fault with the script', async () => {
    const child = Bun.spawn(['shellcheck', '--shell=bash', join(home.path, 'opsctl.bash')], { stdout: 'pipe' })
    expect(await new Response(child.stdout).text()).toBe('')
  })
})

describe.skipIf(!needs('zsh', 'script'))('in zsh', () => {
  test('completes', async () => {
    await writeFile(
      join(home.path, '.zshrc'),
      `autoload -U compinit\ncompinit -D -u\nsource ${home.path}/opsctl.zsh\n${show}unsetopt prompt_cr\n`,
    )
    const shell = await startOpsctl(['-i'], {
      ...{ program: 'zsh', tty: true, home: home.path, env: { ...environment(), ZDOTDIR: home.path, TERM: 'dumb' } },
      deadlineMs: 60_000,
    })
    await shell.until(/READY>/)
    const found = []
    for (const [keys] of cases) found.push([shownKeys(keys), await typed(shell, keys)])
    // zsh leaves the slash of a directory to the next word.
    const expected = cases.map(([keys, words]) => [shownKeys(keys), words.map(word => word.replace(/\/$/, ''))])
    expect(found).toEqual(expected)
    shell.write('exit\r')
    await shell.ended
  }, 90_000)

  test('is found by compinit in a directory of fpath', async () => {
    await mkdir(join(home.path, 'zfunc'), { recursive: true })
    const { stdout } = await opsctl(['completion', 'zsh'])
    await writeFile(join(home.path, 'zfunc/_opsctl'), stdout)
    const script = `fpath=(${home.path}/zfunc $fpath); autoload -U compinit; compinit -D -u; print -r -- $_comps[opsctl]`
    const child = Bun.spawn(['zsh', '-f', '-c', script], { stdout: 'pipe' })
    expect(await new Response(child.stdout).text()).toBe('_opsctl\n')
  })
})

describe.skipIf(!needs('fish'))('in fish', () => {
  test.each([
    ['opsctl comp', ['completion']],
    ['opsctl config val', ['validate']],
    ['opsctl exec --output-d', ['--output-dir']],
    ['opsctl exec -o ya', ['yaml']],
    ['opsctl exec --output=ya', ['--output=yaml']],
    ['opsctl exec -t db', ['db1']],
    ['opsctl exec -t db1,@fr', ['db1,@frontend']],
    ['opsctl exec -t root@db', ['root@db1']],
    ["opsctl exec -t 'web[1-2],d", ['web[1-2],db1']],
    ['opsctl exec --script scr', ['script.sh']],
    ['opsctl exec --script=scr', ['--script=script.sh']],
    ['opsctl exec -o json=scr', ['json=script.sh']],
    ['opsctl exec --output-dir ru', ['runs of may/']],
    ['opsctl explain E_HOST', ['E_HOSTKEY']],
    ['opsctl nothing we', []],
    ["opsctl exec 'two words' --script scr", []],
  ])('`%s` becomes %p', async (line, expected) => {
    const script = `source ${home.path}/opsctl.fish; complete -C ${JSON.stringify(line).replaceAll('$', '\\$')}`
    const child = Bun.spawn(['fish', '--no-config', '-c', script], {
      cwd: home.path,
      env: { ...environment(), HOME: home.path },
      stdout: 'pipe',
      stderr: 'pipe',
    })
    const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
    const words = stdout
      .split('\n')
      .filter(row => row !== '')
      .map(row => row.split('\t', 1)[0])
    expect({ words, stderr }).toEqual({ words: [...expected], stderr: '' })
  })
})
