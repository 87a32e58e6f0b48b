import { describe, expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inProcess } from '../helpers/in-process.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { answerWith, Receiver } from './receiver.ts'

const routed = `
channels:
  pager: { type: webhook, url: https://pager.example.com }
  ops: { type: webhook, url: https://ops.example.com }
routes:
  - { severity: critical, to: pager, continue: true }
  - labels: { team: "=~shop.*" }
    to: ops
    after: 10m
    repeat: 4h
    resolved: false
    routes:
      - { labels: { env: staging }, to: [] }
  - { labels: { team: shop }, to: ops }
mute:
  always: { days: sun-sat, severity: info }
`

async function runIn(text: string, line: string) {
  await using directory = await tempDir()
  await writeFile(join(directory.path, 'alerts.yaml'), text)
  return await inProcess(`probe ${line} --alerts alerts.yaml`, { cwd: directory.path })
}

describe('opsctl probe routes test', () => {
  test('names every route with why, then who is told and when', async () => {
    const { code, stdout } = await runIn(routed, 'routes test team=shop')
    expect(code).toBe(0)
    expect(stdout).toBe(
      [
        'alerts.yaml:6:5     taken        to pager',
        'alerts.yaml:7:5     taken        to ops',
        '  alerts.yaml:13:9  no match     label env is not given, wanted is staging',
        'alerts.yaml:14:5    not reached  the route at alerts.yaml:7:5 took it',
        '',
        'pager  at once, and when it is over',
        'ops    after 10m if still firing, again every 4h, not when it is over',
        'warning: alerts.yaml:14:5: this route is never reached: what it wants is taken by the one at alerts.yaml:7:5',
        '',
      ].join('\n'),
    )
  })

  test('says that nobody is told, and which window holds it back now', async () => {
    const { stdout } = await runIn(routed, 'routes test team=shop-a env=staging --severity info')
    expect(stdout).toContain('severity is info, not critical')
    expect(stdout).toContain('matches      a route below it is taken')
    expect(stdout).toContain('\nnobody is told\nheld back now by the window always\n')
  })

  test('is data for programs', async () => {
    const { stdout } = await runIn(routed, 'routes test team=shop --reason slow -o json')
    expect(JSON.parse(stdout)).toMatchObject({
      alert: { severity: 'critical', labels: { team: 'shop' }, reason: 'slow' },
      targets: [
        { channel: 'pager', afterMs: 0, resolved: true },
        { channel: 'ops', afterMs: 600_000, repeatMs: 14_400_000, resolved: false },
      ],
      mutedBy: [],
    })
  })

  test.each([
    ['routes test team', 2, "'team' is no label"],
    ['routes test --reason slo', 2, 'did you mean slow?'],
    ['routes test --severity bad', 2, 'critical'],
    ['routes test --alerts none.yaml', 78, 'none.yaml: the file of alerts can not be read: ENOENT'],
    ['alerts test opss --yes', 2, 'did you mean ops?'],
    ['alerts test ops', 2, 'nobody can be asked: send a test alert to webhook ops.example.com?'],
  ])('%s ends with %d', async (line, code, said) => {
    const end = line.includes('none.yaml') ? await inProcess(`probe ${line}`, { cwd: '/' }) : await runIn(routed, line)
    expect(end).toMatchObject({ code, stderr: expect.stringContaining(said) })
  })

  test('tells what is wrong with the file', async () => {
    const { code, stderr } = await runIn('routes:\n  - { to: ops }\n', 'routes test')
    expect(code).toBe(78)
    expect(stderr).toContain("alerts.yaml:2:11: there is no channel 'ops'")
  })
})

describe('opsctl probe alerts test', () => {
  const fileOf = (receiver: Receiver): string => `channels:\n  ops: { type: webhook, url: ${JSON.stringify(receiver.url)} }\n`

  test('sends an alert and its end', async () => {
    await using receiver = await Receiver.start()
    const { code, stdout } = await runIn(fileOf(receiver), 'alerts test ops --yes -o json')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ kind: 'alerts-test', counts: { byOutcome: { ok: 2 } } })
    expect(receiver.all.map(({ body }) => [body['status'], body['severity']])).toEqual([
      ['firing', 'info'],
      ['resolved', 'info'],
    ])
    expect(receiver.all[0]?.body['incident']).toBe(receiver.all[1]?.body['incident'] as never)
  })

  test('ends with 1 where it is refused, and sends no end then', async () => {
    await using receiver = await Receiver.start()
    receiver.answer = answerWith(403, { body: 'no such token' })
    const { code, stderr } = await runIn(fileOf(receiver), 'alerts test ops --yes')
    expect(code).toBe(1)
    expect(stderr).toContain('answered 403: no such token')
    expect(receiver.all).toHaveLength(1)
  })
})
