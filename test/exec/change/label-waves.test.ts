import { describe, expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inProcess } from '../../helpers/in-process.ts'
import { tempDir } from '../../helpers/temp-dir.ts'

const inventory = `
hosts:
  web[1-4]: { via: local, labels: { role: web } }
  web3: { labels: { canary: yes } }
  db1: { via: local, labels: { role: db, canary: no } }
`

/** Runs a change of all web hosts with these waves. */
async function exec(waves: string, ...flags: readonly string[]) {
  await using home = await tempDir()
  await writeFile(join(home.path, 'hosts.yaml'), inventory)
  await writeFile(
    join(home.path, 'change.yaml'),
    `name: look\ntargets: web[1-4]\nwaves: ${waves}\nsteps:\n  - { id: look, run: "true", rollback: "true" }\n`,
  )
  const { path: cwd } = home
  const env = { PATH: '/usr/bin:/bin' }
  return await inProcess(['exec', '-i', `${cwd}/hosts.yaml`, '--state-dir', `${cwd}/state`, ...flags, 'change.yaml'], {
    home: cwd,
    cwd,
    env,
  })
}

describe('a wave by label', () => {
  test('goes before the others when it stands before them', async () => {
    const { code, stdout } = await exec('[{ label: canary, value: "yes" }, 50%, 100%]', '--yes', '-o', 'ndjson')
    const items = stdout.trimEnd().split('\n').slice(0, -1)
    expect({ code, paths: items.map(line => JSON.parse(line).path) }).toEqual({
      code: 0,
      paths: ['1/web3/look', '2/web1/look', expect.stringMatching(/^3\/web[24]/), expect.stringMatching(/^3\/web[24]/)],
    })
  })

  test('is shown before anything is done', async () => {
    const { code, stdout } = await exec('[{ label: canary, value: "yes" }, 50%, 100%]', '--dry-run')
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('1: web3\n2: web1\n3: web[2,4] (2)\n') })
    const json = await exec('[{ label: canary, value: "yes" }, 100%]', '--dry-run', '-o', 'json')
    expect(JSON.parse(json.stdout).data).toEqual({ waves: [['web3'], ['web1', 'web2', 'web4']] })
  })

  test.each([
    ['{ label: canary, value: "yess" }', 'canary: yess', 'did you mean yes?'],
    ['{ label: canary, value: "true" }', 'canary: true', 'the values of canary are no, yes'],
    ['{ label: canray, value: "yes" }', 'canray: yes', 'did you mean canary?'],
    ['{ label: tier, value: front }', 'tier: front', 'the labels are canary, role'],
  ])('that no host of the inventory carries is refused before anything is touched: %s', async (wave, shown, hint) => {
    const { code, stdout, stderr } = await exec(`[${wave}, 100%]`, '--yes')
    expect({ code, stdout }).toEqual({ code: 78, stdout: '' })
    expect(stderr).toContain(`change.yaml:3:9: no host of the inventory has the label ${shown}\nhint: ${hint}\n`)
  })

  test('whose hosts are not among the targets is left out, and that is said', async () => {
    const { code, stderr } = await exec('[{ label: canary, value: "yes" }, 100%]', '--yes', '--limit', 'web1')
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining('change.yaml:3:9: none of the targets has the label canary: yes, so this wave is left out'),
    })
  })

  test('whose hosts went before is no mistake', async () => {
    expect(await exec('[100%, { label: canary, value: "yes" }]', '--yes')).toMatchObject({
      code: 0,
      stderr: expect.not.stringContaining('label'),
    })
  })
})
