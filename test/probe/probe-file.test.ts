import { describe, expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inProcess } from '../helpers/in-process.ts'
import { tempDir } from '../helpers/temp-dir.ts'

/** `opsctl probe lint` of a directory of files; the first is read. */
async function lint(files: Readonly<Record<string, string>>) {
  await using dir = await tempDir()
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir.path, name), text)
  const [first = ''] = Object.keys(files)
  const { code, stdout, stderr } = await inProcess(['probe', 'lint', first, '-o', 'json'], { cwd: dir.path })
  return { code, stderr: stderr.replaceAll(`${dir.path}/`, ''), data: code === 0 ? JSON.parse(stdout) : undefined }
}

const wrong: readonly { does: string; text: string; says: RegExp; hint?: RegExp }[] = [
  {
    does: 'a key that is not known',
    text: 'cheks:\n  - type: load\n',
    says: /:1:1: unknown key 'cheks'/,
    hint: /did you mean checks/,
  },
  {
    does: 'a kind that is not known',
    text: 'checks:\n  - type: prot\n    port: 22\n',
    says: /:2:11: there is no check 'prot'/,
    hint: /port/,
  },
  {
    does: 'a parameter that is not known',
    text: 'checks:\n  - type: port\n    prot: 22\n',
    says: /:3:5: .*'prot'/,
    hint: /did you mean port/,
  },
  {
    does: 'a scheme that is not known',
    text: 'checks:\n  - endpoint: htps://x\n',
    says: /:2:15: endpoint: 'htps:\/\/'/,
    hint: /https:\/\//,
  },
  {
    does: 'an endpoint without a scheme',
    text: 'checks:\n  - endpoint: db1:5432\n',
    says: /:2:15: .*no scheme/,
    hint: /tcp:\/\/db1:5432/,
  },
  {
    does: 'a check of nothing',
    text: 'checks:\n  - name: x\n',
    says: /:2:5: this check looks at nothing/,
    hint: /endpoint: or a type:/,
  },
  {
    does: 'a wrong class',
    text: 'checks:\n  - type: port\n    port: 22\n    sla: P9\n',
    says: /:4:10: sla must be P0, P1, P2, not "P9"/,
  },
  {
    does: 'a wrong place',
    text: 'checks:\n  - endpoint: https://example.com\n    from: there\n',
    says: /:3:11: from must be here or host/,
  },
  {
    does: 'a wrong place of a check that has its own',
    text: 'checks:\n  - type: port\n    port: 22\n    from: there\n',
    says: /:4:11: port: from: "there" is not one of host, here/,
    hint: /did you mean here/,
  },
  {
    does: 'a wrong parameter below params',
    text: 'checks:\n  - type: service\n    params: { nam: ssh }\n',
    says: /:3:15: service: there is no 'nam' here/,
    hint: /did you mean name/,
  },
  {
    does: 'a parameter beside params',
    text: 'checks:\n  - type: mount\n    path: /srv\n    params: { type: xfs }\n',
    says: /:3:5: 'path' stands beside params/,
    hint: /put all parameters there/,
  },
  {
    does: 'more bad looks than looks',
    text: 'checks:\n  - type: port\n    port: 22\n    failures: 3\n    of: 2\n',
    says: /:5:9: of: 2 looks can not hold 3/,
  },
  {
    does: 'a label with a wrong name',
    text: 'checks:\n  - type: port\n    port: 22\n    labels: { my-env: x }\n',
    says: /:4:15: 'my-env' can not be the name of a label/,
  },
  {
    does: 'two checks of one name',
    text: 'checks:\n  - type: port\n    port: 22\n  - type: port\n    port: 22\n',
    says: /:4:5: two checks are called 'port 22'; the other is at checks.yaml:2:5/,
  },
  {
    does: 'a parent that there is not',
    text: 'checks:\n  - type: port\n    port: 22\n    depends_on: port 21\n',
    says: /depends_on names 'port 21'/,
    hint: /port 22/,
  },
  {
    does: 'a circle',
    text: 'checks:\n  - { name: a, type: port, port: 1, depends_on: [b] }\n  - { name: b, type: port, port: 2, depends_on: [a] }\n',
    says: /in a circle: a → b → a/,
  },
  {
    does: 'retries beside failures, which count every look',
    text: 'checks:\n  - type: port\n    port: 22\n    retries: 2\n    failures: 3\n    of: 5\n',
    says: /:4:14: retries: 2 beside failures: 3 of 5 looks/,
    hint: /one of them/,
  },
  {
    does: 'retries beside failures of a dimension',
    text: 'checks:\n  - endpoint: https://h\n    dimensions:\n      - { type: latency, retries: 1, failures: 2 }\n',
    says: /:4:35: .*retries: 1 beside failures: 2 of 2 looks/,
  },
  {
    does: 'retries beside failures for all',
    text: 'defaults: { retries: 1, failures: 2 }\nchecks:\n  - { type: port, port: 22 }\n',
    says: /:1:22: retries: 1 beside failures: 2 of 2 looks/,
  },
  {
    does: 'an included file that is not there',
    text: 'include: [none.yaml]\nchecks:\n  - { type: port, port: 1 }\n',
    says: /:1:11: none\.yaml does not exist/,
  },
  {
    does: 'a file that includes itself',
    text: 'include: checks.yaml\nchecks:\n  - { type: port, port: 1 }\n',
    says: /:1:10: checks.yaml includes itself/,
  },
  { does: 'a file without checks', text: 'defaults: { sla: P0 }\n', says: /there are no checks in it/ },
  {
    does: 'an empty list of checks',
    text: 'checks: []\n',
    says: /checks.yaml: there are no checks in it/,
    hint: /below checks:/,
  },
  {
    does: 'a wrong word for params',
    text: 'checks:\n  - type: memory\n    parms: { warn: 80% }\n',
    says: /:3:5: memory: there is no 'parms' here/,
    hint: /did you mean params/,
  },
  { does: 'an empty file', text: '', says: /the file is empty/ },
]

describe('a file of checks is refused for', () => {
  test.each(wrong.map(each => [each.does, each] as const))('%s', async (_, { text, says, hint }) => {
    const { code, stderr } = await lint({ 'checks.yaml': text })
    const { message, hint: told } = JSON.parse(stderr)
    expect({ code, message, told }).toEqual({
      code: 78,
      message: expect.stringMatching(says),
      told: hint ? expect.stringMatching(hint) : told,
    })
  })
})

describe('a file of checks', () => {
  test('may be one check', async () => {
    const { data } = await lint({ 'one.yaml': 'type: port\nport: 22\n' })
    expect(data).toMatchObject([{ name: 'port 22', type: 'port', sla: 'P1' }])
  })

  test('gives a check what it calls like a key of every check', async () => {
    const { data } = await lint({
      'checks.yaml': [
        'checks:',
        '  - { type: service, name: ssh, enabled: true }',
        '  - { type: user, name: root, shell: /bin/bash }',
        '  - { type: kernel-parameter, name: vm.swappiness, max: 60 }',
        '  - { type: pressure, resource: cpu, of: some }',
        '  - { type: port, port: 22, from: here }',
        '  - { type: process, pattern: "java .*orders" }',
        '  - { name: web server, type: service, params: { name: nginx } }',
        '  - { name: data, type: mount, params: { path: /srv, type: xfs } }',
      ].join('\n'),
    })
    expect(data.map(({ name }: { name: string }) => name)).toEqual([
      'service ssh',
      'user root',
      'kernel-parameter vm.swappiness',
      'pressure',
      'port 22',
      'process java .*orders',
      'web server',
      'data',
    ])
  })

  test('gives its defaults to every check that says nothing else', async () => {
    const { data } = await lint({
      'checks.yaml': [
        'defaults: { sla: P0, retries: 4, labels: { env: prod, team: db } }',
        'checks:',
        '  - { type: port, port: 22 }',
        '  - { type: port, port: 23, sla: P2, retries: 0, labels: { env: staging } }',
      ].join('\n'),
    })
    expect(data).toMatchObject([
      { sla: 'P0', labels: { env: 'prod', team: 'db' }, sampling: [{ retries: 4 }] },
      { sla: 'P2', labels: { env: 'staging', team: 'db' }, sampling: [{ retries: 0 }] },
    ])
  })

  test.each([
    'https://bob:s3cret/p@ho st:99999/x',
    'htps://bob:s3cret@host',
    'bob:s3cret@host',
    '  https://bob:s3cret@host',
    'tcp://bob:s3cret@host',
  ])('never tells the password within an endpoint that is no address: %s', async endpoint => {
    for (const check of [`{ endpoint: ${JSON.stringify(endpoint)} }`, `{ type: http, endpoint: ${JSON.stringify(endpoint)} }`]) {
      const { code, stderr } = await lint({ 'checks.yaml': `checks:\n  - ${check}\n` })
      expect([check, code]).toEqual([check, 78])
      expect(stderr).not.toMatch(/s3cret/)
    }
    const { code, stdout, stderr } = await inProcess(['probe', endpoint, '-o', 'json'])
    expect([code, stdout + stderr]).toEqual([2, expect.not.stringMatching(/s3cret/)])
  })

  test('takes retries or failures from where they stand nearest', async () => {
    const { data } = await lint({
      'checks.yaml': `defaults: { retries: 2 }
checks:
  - { name: plain, type: port, port: 1 }
  - { name: counts, type: port, port: 2, failures: 2, of: 3 }
  - { name: none, type: port, port: 3, retries: 0, failures: 2 }
  - name: several
    endpoint: https://h
    failures: 3
    of: 5
    dimensions:
      - { type: http_status }
      - { type: latency, retries: 1 }
`,
    })
    const told = data.map((check: { name: string; sampling: { retries: number; failures: number; of: number }[] }) => [
      check.name,
      ...check.sampling.map(({ retries, failures, of }) => (of > 1 ? `${failures} of ${of}` : `${retries} more`)),
    ])
    expect(told).toEqual([
      ['plain', '2 more'],
      ['counts', '2 of 3'],
      ['none', '2 of 2'],
      ['several', '3 of 5', '1 more'],
    ])
  })

  test('includes others, relative to itself', async () => {
    const { data } = await lint({
      'all.yaml': 'include: [db.yaml]\nchecks:\n  - { type: port, port: 22, depends_on: port 5432 }\n',
      'db.yaml': 'checks:\n  - { type: port, port: 5432 }\n',
    })
    expect(data).toMatchObject([{ name: 'port 5432' }, { name: 'port 22', dependsOn: ['port 5432'] }])
  })
})
