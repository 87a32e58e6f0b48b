import { describe, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inProcess, startInProcess } from '../helpers/in-process.ts'
import { poll } from '../helpers/poll.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { webServer } from './web-server.ts'

/** `opsctl probe` of a file on this machine, in an empty directory that `DIR` names in it. */
async function run(text: string, args: readonly string[] = []) {
  await using dir = await tempDir()
  await writeFile(join(dir.path, 'checks.yaml'), text.replaceAll('DIR', dir.path))
  const { code, stdout, stderr } = await inProcess(['probe', '-f', 'checks.yaml', '-o', 'json', ...args], { cwd: dir.path })
  return { code, stderr, items: stdout === '' ? [] : JSON.parse(stdout).items }
}

const ok = '{ name: ok, type: command, run: ["true"] }'
const bad = '{ name: bad, type: command, run: ["false"], retries: 0 }'

describe('a run of checks', () => {
  test('gives 0 when all is well, and names every check', async () => {
    const { code, items } = await run(`checks: [${ok}]`)
    expect(code).toBe(0)
    expect(items).toMatchObject([
      {
        path: 'localhost/ok',
        host: 'localhost',
        name: 'ok',
        verdict: 'pass',
        labels: { check: 'ok', type: 'command', sla: 'P1' },
      },
    ])
  })

  test('gives 1 for one that fails, with a reason', async () => {
    const { code, items } = await run(`checks: [${ok}, ${bad}]`)
    expect(code).toBe(1)
    expect(items).toMatchObject([{ verdict: 'pass' }, { verdict: 'fail', reason: 'exit' }])
  })

  test('does not judge what depends on a bad one, and names it', async () => {
    const { items } = await run(`checks: [${bad}, { name: child, type: command, run: [touch, DIR/ran], depends_on: bad }]`)
    expect(items[1]).toMatchObject({
      verdict: 'unknown',
      reason: 'dependency',
      message: expect.stringMatching(/^suppressed by bad: false ended with status 1/),
    })
  })

  test('does not even look at it', async () => {
    const marks = '{ name: child, type: command, run: [sh, -c, "echo ran >>DIR/ran"], depends_on: bad }'
    const shows = '{ name: shows, type: file, path: DIR/ran, exists: false }'
    const { items } = await run(`checks: [${bad}, ${marks}, ${shows}]`)
    expect(items.find(({ name }: { name: string }) => name === 'shows')).toMatchObject({ verdict: 'pass' })
  })

  test('looks again as often as a check allows, and counts the looks', async () => {
    const third = 'echo x >>DIR/looks; test $(wc -l <DIR/looks) -ge 3'
    const { code, items } = await run(`checks: [{ name: slow, type: command, run: "${third}", retries: 2 }]`)
    expect(code).toBe(0)
    expect(items).toMatchObject([{ verdict: 'pass', data: { looks: 3 } }])
  })

  test('judges every dimension of a check, also those of one type', async () => {
    await using server = await webServer({ body: 'ok' })
    const { code, items } = await run(
      `checks: [{ name: web, endpoint: "http://127.0.0.1:${server.port}/", dimensions: [{ type: http_status, expect: 404, retries: 0 }, { type: http_status }] }]`,
    )
    expect(code).toBe(1)
    expect(items).toMatchObject([
      { path: 'web/http_status', verdict: 'fail', reason: 'status' },
      { path: 'web/http_status-2', verdict: 'pass' },
    ])
  })

  test('from a host that can not be reached gives no verdict in any dimension, after its retries', async () => {
    // Nobody listens on port 1.
    const from = '{ endpoint: "tcp://db1:5432", from: host, targets: "127.0.0.1:1" }'
    const { code, items } = await run(`checks: [${from}]`, ['--ssh-config', 'none', '--retries', '0', '--deadline', '30s'])
    expect(code).toBe(69)
    expect(items).toMatchObject([
      { host: '127.0.0.1:1', verdict: 'unknown', reason: 'unreachable', data: { dimension: 'reachability', looks: 2 } },
      { host: '127.0.0.1:1', verdict: 'unknown', reason: 'unreachable', data: { dimension: 'latency', looks: 2 } },
    ])
  }, 60_000)

  test('goes on without a secret that can not be read, and says which', async () => {
    const secret = '{ name: secret, endpoint: "http://127.0.0.1:1/", retries: 0, headers: { X-Key: { file: DIR/key } } }'
    const { code, items } = await run(`checks: [${secret}, ${ok}]`)
    expect(code).toBe(3)
    expect(items).toContainEqual(expect.objectContaining({ name: 'ok', verdict: 'pass' }))
    expect(items).toContainEqual(
      expect.objectContaining({
        verdict: 'unknown',
        reason: 'unreadable',
        message: expect.stringMatching(/key: the secret can not be read/),
      }),
    )
  })

  test('tells checks in the order in which they were asked for, whichever is first done', async () => {
    const slow = '{ name: slow, type: command, run: "sleep 0.2" }'
    const { items } = await run(`checks: [${slow}, ${ok}]`)
    expect(items.map(({ name }: { name: string }) => name)).toEqual(['slow', 'ok'])
  })

  test('tells every judgement of a program', async () => {
    const lines = [
      '{"verdict":"pass","message":"fine","dimension":"queue"}',
      '{"verdict":"fail","message":"late","dimension":"age"}',
    ]
    const prints = lines.map(line => `echo '${line}'`).join('; ')
    const { code, items } = await run(JSON.stringify({ checks: [{ name: 'jobs', type: 'program', run: prints, retries: 0 }] }))
    expect(code).toBe(1)
    expect(items).toMatchObject([
      { name: 'jobs queue', verdict: 'pass', message: 'fine' },
      { name: 'jobs age', verdict: 'fail', message: 'late', reason: 'state' },
    ])
  })

  test('shows no secret that a server hands back, however it is written, in no format', async () => {
    await using server = await webServer(({ headers }) => ({ body: JSON.stringify({ got: JSON.stringify(headers) }) }))
    await using dir = await tempDir()
    const secret = 'quo"ted-secret'
    await writeFile(join(dir.path, 'secret'), secret, { mode: 0o600 })
    const dimensions = `dimensions: [{ type: assert, retries: 0, assert: [{ jsonpath: $.got, equals: x }, { contains: nope }] }]`
    const at = `endpoint: 'http://127.0.0.1:${server.port}/', ${dimensions}`
    const text = `checks:
  - { name: key, ${at}, headers: { x: { file: secret } } }
  - { name: basic, ${at}, auth: { basic: { user: joe, password: { file: secret } } } }
  - { name: bearer, ${at}, auth: { bearer: { file: secret } } }`
    await writeFile(join(dir.path, 'checks.yaml'), text)
    for (const format of ['json', 'ndjson', 'junit', 'html', 'tap', 'human', 'nagios']) {
      const { stdout, stderr } = await inProcess(['probe', '-f', 'checks.yaml', '-o', format, '-vv'], { cwd: dir.path })
      expect(stdout).toContain('basic')
      expect(stdout + stderr).not.toContain('ted-sec')
      expect(stdout + stderr).not.toContain(Buffer.from(`joe:${secret}`).toString('base64').slice(0, 10))
    }
  }, 60_000)

  test('makes only the checks that are named, and what they depend on', async () => {
    const { items } = await run(`checks: [${ok}, ${bad}, { name: child, type: command, run: ["true"], depends_on: ok }]`, [
      '--check',
      'chi*',
    ])
    expect(items.map(({ name }: { name: string }) => name)).toEqual(['ok', 'child'])
  })

  test('is refused for a check that there is not', async () => {
    const { code, stderr } = await run(`checks: [${ok}]`, ['--check', 'okk'])
    expect({ code, hint: JSON.parse(stderr).hint }).toEqual({ code: 2, hint: 'did you mean ok?' })
  })
})

describe('an endpoint of the command line that is wrong', () => {
  const wrong: readonly [string, string][] = [
    ['http://joe:hunter22@shop/', "'http://…@shop/' holds credentials"],
    ['http://joe:hun/ter22@shop/', '"http://…@shop/" is no web address'],
    ['tcp://joe:hunter22@db1:1', "'tcp://…@db1:1' holds a user"],
    ['tcp://db1:70000', "'tcp://db1:70000' has a port that there is not"],
    ['http://shop:0/', "'http://shop:0/' has a port that there is not"],
    ['tcp://db1', "'tcp://db1' has no port"],
    [' http://shop/', "' http://shop/' begins with a blank"],
  ]
  test.each(wrong)('is named, without a password: %s', async (endpoint, says) => {
    await using server = await webServer({ body: 'ok' })
    const { code, stderr } = await inProcess(['probe', `http://127.0.0.1:${server.port}/`, endpoint])
    expect({ code, asked: server.requests }).toEqual({ code: 2, asked: [] })
    expect(stderr).toContain(says)
    expect(stderr).not.toMatch(/hunter22|ter22/)
  })
})

describe('a run that is cut short', () => {
  // The first takes long, the second waits for its place, the third for the first.
  const text = [
    'checks:',
    '  - { name: ok, type: command, run: ["true"], sla: P0 }',
    '  - { name: slow, type: command, run: "echo x >>DIR/began; sleep 60", sla: P1 }',
    '  - { name: waits, type: command, run: ["true"], sla: P2 }',
    '  - { name: child, type: command, run: ["true"], depends_on: slow }',
  ].join('\n')

  test('tells by its deadline what was not looked at, and that of nothing else', async () => {
    const { code, items } = await run(text, ['--deadline', '1s', '--concurrency', '1'])
    expect(code).toBe(124)
    expect(items).toMatchObject([
      { name: 'ok', verdict: 'pass' },
      { name: 'slow', verdict: 'unknown', reason: 'deadline', message: 'stopped: the deadline of the run passed' },
      { name: 'waits', verdict: 'unknown', reason: 'deadline', message: 'not started: the deadline of the run passed' },
      { name: 'child', verdict: 'unknown', reason: 'deadline', message: 'not started: the deadline of the run passed' },
    ])
  }, 60_000)

  test('tells the same when it is interrupted, and what was pending', async () => {
    await using dir = await tempDir()
    await writeFile(join(dir.path, 'checks.yaml'), text.replaceAll('DIR', dir.path))
    const started = startInProcess(['probe', '-f', 'checks.yaml', '-o', 'json', '--concurrency', '1'], { cwd: dir.path })
    await poll('the slow check has begun', 30_000, () => existsSync(join(dir.path, 'began')))
    started.signal('SIGINT')
    const { code, stdout, stderr } = await started.ended
    const told = JSON.parse(stdout).items.map(({ name, verdict, reason }: Record<string, string>) => ({ name, verdict, reason }))
    expect(code).toBe(130)
    expect(told).toContainEqual({ name: 'ok', verdict: 'pass' })
    for (const name of ['slow', 'waits', 'child']) expect(told).toContainEqual({ name, verdict: 'unknown', reason: 'cancelled' })
    expect(stderr).toMatch(/1 running, 2 not started\n {2}localhost: slow for /)
  }, 60_000)
})

describe('waiting', () => {
  test('ends when everything is well', async () => {
    await using dir = await tempDir()
    const second = 'echo x >>looks; test $(wc -l <looks) -ge 2'
    await writeFile(join(dir.path, 'checks.yaml'), `checks: [{ type: command, run: "cd ${dir.path}; ${second}", retries: 0 }]`)
    const { code } = await inProcess('probe wait -f checks.yaml --every 10ms --deadline 20s', { cwd: dir.path })
    expect(code).toBe(0)
  })

  test('keeps what was seen of the last round alone, however many there were', async () => {
    await using server = await webServer({ status: 500, body: 'down for maintenance' })
    const { code, stdout } = await inProcess(`probe wait http://127.0.0.1:${server.port}/ --every 10ms --deadline 4s -o json`)
    expect(code).toBe(124)
    expect(server.requests.length).toBeGreaterThan(3)
    expect(JSON.parse(stdout).items[0]).toMatchObject({ verdict: 'fail', reason: 'status' })
    expect(stdout).toContain('down for maintenance')
  }, 60_000)

  test('gives 124 and the last round when the deadline passes', async () => {
    await using dir = await tempDir()
    await writeFile(join(dir.path, 'checks.yaml'), `checks: [${bad}]`)
    const { code, stdout } = await inProcess('probe wait -f checks.yaml --every 10ms --deadline 300ms -o json', { cwd: dir.path })
    expect(code).toBe(124)
    expect(JSON.parse(stdout)).toMatchObject({ items: [{ name: 'bad', verdict: 'fail' }], stopped: { exit: 124 } })
  })
})
