import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inProcess } from '../helpers/in-process.ts'
import { poll } from '../helpers/poll.ts'
import { type TempDir, tempDir } from '../helpers/temp-dir.ts'

let home: TempDir
beforeAll(async () => {
  home = await tempDir()
  await writeFile(
    join(home.path, 'hosts.yaml'),
    'hosts:\n  web[1-3]: {}\n  db1: {}\ngroups:\n  web: web[1-3]\n  prod: "@web,db1"\n',
  )
  await mkdir(join(home.path, '.ssh'))
  await writeFile(join(home.path, '.ssh/config'), 'Host bastion\n  HostName 192.0.2.1\n')
})
afterAll(() => home[Symbol.asyncDispose]())

async function complete(words: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { code, stdout, stderr } = await inProcess(['__complete', ...words], { home: home.path, env })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const [kind, ...lines] = stdout.trimEnd().split('\n')
  return { kind, lines, words: lines.map(line => line.split('\t', 1)[0]) }
}

describe('opsctl __complete', () => {
  test('answers with words and what they do', async () => {
    expect(await complete(['completion', 'f'])).toMatchObject({ kind: 'words', words: ['fish'] })
    expect((await complete(['exe'])).lines).toEqual([
      'exec\trun a command on many hosts over SSH and tell what came of it on each',
    ])
  })

  test('answers for files with the part that stays', async () => {
    expect(await complete(['exec', '-o', 'json=ru'])).toMatchObject({ kind: 'files json=', lines: [] })
  })

  test('knows hosts and groups of the inventory on the line', async () => {
    const { lines } = await complete(['exec', '-i', join(home.path, 'hosts.yaml'), '--ssh-config', 'none', '-t', ''])
    expect(lines).toEqual(['@web\t3 hosts', '@prod\t4 hosts', '@all\t4 hosts', ...lines.slice(3)])
    expect(
      lines
        .slice(3)
        .map(line => line.split('\t', 1)[0])
        .sort(),
    ).toEqual(['db1', 'localhost', 'web1', 'web2', 'web3'])
  })

  test('goes on behind what a node set has already', async () => {
    const inventory = ['exec', '-i', join(home.path, 'hosts.yaml'), '--ssh-config', 'none', '-t']
    expect((await complete([...inventory, 'db1,@we'])).words).toEqual(['db1,@web'])
    expect((await complete([...inventory, '@prod!web'])).words).toEqual(['@prod!web1', '@prod!web2', '@prod!web3'])
    expect((await complete([...inventory, 'deploy@db'])).words).toEqual(['deploy@db1'])
  })

  test('knows the inventory of variables and configuration files too', async () => {
    const line = ['exec', '-t', '@pr']
    expect((await complete(line)).words).toEqual([])
    expect((await complete(line, { OPSCTL_INVENTORY: join(home.path, 'hosts.yaml') })).words).toEqual(['@prod'])
    await writeFile(join(home.path, 'config.yaml'), `inventory: ${home.path}/hosts.yaml\n`)
    expect((await complete(line, { OPSCTL_CONFIG: join(home.path, 'config.yaml') })).words).toEqual(['@prod'])
  })

  test('knows hosts of the SSH configuration', async () => {
    expect((await complete(['exec', '-t', 'bas'])).words).toEqual(['bastion'])
  })

  test('gives no host whose name would mean something to the shell', async () => {
    await writeFile(join(home.path, 'evil.ini'), 'web1\n"$(reboot)"\n')
    const { stdout } = await inProcess(['__complete', 'exec', '-i', join(home.path, 'evil.ini'), '-t', ''], { home: home.path })
    expect(stdout).not.toContain('reboot')
  })

  test('waits 500 ms for an inventory and no longer, and leaves no program behind', async () => {
    const program = join(home.path, 'slow.sh')
    await writeFile(program, `#!/bin/sh\necho $$ > ${home.path}/pid\nexec sleep 60\n`)
    await chmod(program, 0o755)
    const started = performance.now()
    expect((await complete(['exec', '-i', program, '-t', ''])).words).toEqual([])
    expect(performance.now() - started).toBeLessThan(3000)
    const pid = Number(await readFile(join(home.path, 'pid'), 'utf8'))
    await poll('the program has ended', 5000, () => !isAlive(pid))
  })

  test.each([
    ['a wrong configuration', { OPSCTL_CONFIG: '/dev/null/x' }, ['exec', '-t', '']],
    ['a missing inventory', {}, ['exec', '-i', 'nothing.yaml', '-t', '']],
  ])('says nothing at all about %s', async (_, env, words) => {
    const { stdout, stderr } = await inProcess(['__complete', ...words], { home: home.path, env })
    expect({ stdout, stderr }).toEqual({ stdout: '', stderr: '' })
  })
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
