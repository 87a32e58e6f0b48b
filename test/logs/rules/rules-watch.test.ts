import { describe, expect, test } from 'bun:test'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { times, Watching } from './watching.ts'

const ok = { status: 200 }
const bad = { status: 502 }
const share = '  shop: { when: 5xx share > 10 % over 1m, severity: critical, resolve_after: 30s }'

describe('a share', () => {
  test('is told once with exact figures when it is too much, and once when it is over', async () => {
    await using web = new Watching(share)
    web.see(times(450, ok))
    web.see(times(50, bad))
    expect(web.told).toEqual([])
    web.see(times(24, bad))
    await web.idle(1)
    expect(web.told).toEqual(['firing: 5xx share of shop is 14.1 % (74 of 524) over 1m, more than 10 %'])
    expect(web.alerts[0]).toMatchObject({ severity: 'critical', labels: { rule: 'shop' } })
    web.see(times(200, bad))
    await web.idle(20)
    web.see(times(600, ok))
    await web.idle(80)
    expect(web.told.slice(1)).toEqual([
      expect.stringMatching(/^resolved: 5xx share of shop is .* over 1m, no longer more than 10 %, after 1m\d*s?$/),
    ])
    expect(web.alerts[1]?.incident).toBe(web.alerts[0]?.incident as never)
    expect(web.watch.status()).toMatchObject({ incidents: { open: 0, opened: 1, resolved: 1 } })
  })

  test('says nothing of fewer records than it is told', async () => {
    await using web = new Watching('  shop: { when: "5xx share > 10 % over 1m, at least 100" }')
    web.see(times(99, bad))
    expect(web.told).toEqual([])
    web.see(times(1, ok))
    await web.idle(1)
    expect(web.told).toHaveLength(1)
  })

  test('is of what another condition says', async () => {
    await using web = new Watching('  pay: { ratio: { of: "status: 5xx", base: { path: /^\\/pay/ }, above: 50 %, at_least: 2 } }')
    web.see([
      { path: '/pay', status: 200 },
      { path: '/pay/1', status: 503 },
      { path: '/pay/2', status: 503 },
      ...times(50, { path: '/', status: 200 }),
    ])
    await web.idle(1)
    expect(web.told).toEqual(['firing: 5xx share of pay is 66.7 % (2 of 3) over 1m, more than 50 %'])
  })

  test('slides: what is older than the window does not count', async () => {
    await using web = new Watching(share)
    web.see(times(60, bad), { ago: 200 })
    await web.idle(1)
    expect(web.told).toHaveLength(1)
    web.see(times(600, ok))
    const { rules } = web.watch.status()
    expect(rules[0]?.standings).toEqual([{ group: '', value: 0, hits: 0, base: 600, holds: false }])
  })

  test('within a long chunk is judged at every step of its time', async () => {
    await using web = new Watching(share)
    const at = (seconds: number) => ({ time: new Date(web.clock.now() - 1000 * (300 - seconds)).toISOString() })
    web.see([
      ...times(100, { ...ok, ...at(0) }),
      ...times(50, { ...bad, ...at(10) }),
      ...times(5000, { ...ok, ...at(100) }),
      ...times(5000, { ...ok, ...at(299) }),
    ])
    await web.idle(1)
    expect(web.told).toEqual(['firing: 5xx share of shop is 33.3 % (50 of 150) over 1m, more than 10 %'])
  })

  test('has examples of lines and their traces, five at most, shortened', async () => {
    await using web = new Watching(share)
    web.see([
      ...times(30, { ...bad, trace_id: '4bf92f3577b34da6', path: `/${'x'.repeat(500)}` }),
      ...times(3, { ...bad, request_id: 'r-1' }),
    ])
    await web.idle(1)
    const lines = web.alerts[0]?.detail?.split('\n') ?? []
    expect(lines).toHaveLength(6)
    expect(lines[0]).toMatch(/^\{"time":".*"status":502,"trace_id":"4bf92f3577b34da6","path":"\/x+…$/)
    expect(lines[0]?.length).toBe(300)
    expect(lines[5]).toBe('traces: 4bf92f3577b34da6')
  })
})

describe('time', () => {
  test('of what is read again long after tells nobody, and is counted', async () => {
    await using web = new Watching(share)
    web.see(times(500, bad), { ago: 3600 })
    web.see(times(500, bad), { ago: 605 })
    await web.idle(120)
    expect(web.told).toEqual([])
    expect(web.watch.status().rules[0]).toMatchObject({ replayed: 500, untold: expect.any(Number) })
    web.see(times(500, bad))
    await web.idle(1)
    expect(web.told).toEqual(['firing: 5xx share of shop is 100 % (500 of 500) over 1m, more than 10 %'])
    expect(web.logged).toContain('info: what is read is old: rules tell nobody of it')
    expect(web.logged).toContain('info: rules watch what is read from here on')
  })

  test('of one stream does not make another late', async () => {
    await using web = new Watching('  shop: { when: 5xx count > 10 over 1m, lateness: 5s }')
    web.see(times(20, ok), { stream: 'a.log' })
    web.see(times(20, bad), { stream: 'b.log', ago: 240 })
    await web.idle(1)
    expect(web.told).toHaveLength(1)
    expect(web.watch.status().rules[0]).toMatchObject({ late: 0, seen: 40, fit: 20 })
  })

  test('that is late in its stream is counted apart', async () => {
    await using web = new Watching('  shop: { when: 5xx count > 10 over 1m, lateness: 5s }')
    web.see(times(20, ok))
    web.see(times(20, bad), { ago: 6 })
    web.see(times(10, bad), { ago: 5 })
    await web.idle(1)
    expect(web.told).toEqual([])
    expect(web.watch.status().rules[0]).toMatchObject({ late: 20, fit: 10 })
  })

  test('that is missing, no time, or not yet is that of arrival', async () => {
    await using web = new Watching('  shop: { when: 5xx count > 2 over 1m }')
    web.see([
      { ...bad, time: null },
      { ...bad, time: 'soon' },
      { ...bad, time: '2099-01-01T00:00:00Z' },
    ])
    await web.idle(1)
    expect(web.told).toEqual(['firing: 5xx of shop are 3 over 1m, more than 2'])
    expect(web.watch.status()).toMatchObject({ records: 3, timeless: 2, ahead: 1 })
  })

  test('must go by before it is told, and before it is over', async () => {
    await using web = new Watching('  shop: { when: 5xx share > 10 % over 10s, at_least: 1, for: 20s, resolve_after: 20s }')
    const second = async (records: Parameters<Watching['see']>[0]): Promise<void> => {
      web.see(records)
      await web.idle(1)
    }
    for (let n = 0; n < 9; n++) await second([bad])
    for (let n = 0; n < 15; n++) await second([ok])
    for (let n = 0; n < 19; n++) await second([bad])
    expect(web.told).toEqual([])
    for (let n = 0; n < 4; n++) await second([bad])
    expect(web.told).toHaveLength(1)
    for (let n = 0; n < 25; n++) await second([ok])
    expect(web.told).toHaveLength(1)
    for (let n = 0; n < 10; n++) await second([ok])
    expect(web.told).toHaveLength(2)
  })
})

test('what a source reads again after it failed is not counted twice', async () => {
  await using web = new Watching('  shop: { when: 5xx count > 10 over 1m }')
  web.see(times(5, bad), { id: 'S1:0-500' })
  web.see(times(4, bad), { id: 'S1:500-900' })
  web.see(times(5, bad), { id: 'S1:0-500' })
  web.see(times(4, bad), { id: 'S1:500-900' })
  expect(web.told).toEqual([])
  web.see(times(2, bad), { id: 'S1:900-1100' })
  expect(web.watch.status().rules[0]).toMatchObject({ fit: 11, open: 1 })
})

describe('groups', () => {
  const by = '  shop: { when: "5xx count > 2 over 1m", by: [host], max_groups: 3, resolve_after: 0s }'

  test('are watched each by itself, with their values as labels', async () => {
    await using web = new Watching(by)
    web.see([...times(2, { ...bad, host: 'web1' }), ...times(3, { ...bad, host: 'web2' })])
    await web.idle(1)
    expect(web.told).toEqual(['firing: 5xx of web2 are 3 over 1m, more than 2'])
    expect(web.alerts[0]?.labels).toEqual({ rule: 'shop', host: 'web2' })
  })

  test('beyond the greatest number are counted', async () => {
    await using web = new Watching(by)
    web.see([1, 2, 3, 4, 5].flatMap(host => times(3, { ...bad, host: `web${host}` })))
    await web.idle(1)
    expect(web.told).toHaveLength(3)
    expect(web.watch.status().rules[0]).toMatchObject({ groups: 3, overflow: 6, open: 3 })
    expect(web.logged).toContain('warn: there are more groups than a rule may have: the others are not watched')
  })

  test('are forgotten when nothing comes of them', async () => {
    await using web = new Watching('  shop: { when: "5xx count > 2 over 1m", by: host, max_groups: 3, stale_after: 10s }')
    web.see([{ ...bad, host: 'web1' }])
    await web.idle(200)
    expect(web.watch.status().rules[0]?.groups).toBe(0)
  })

  test('can be sources and streams', async () => {
    await using web = new Watching('  shop: { when: "5xx count > 2 over 1m", by: [source, stream] }', ['web', 'api'])
    web.see(times(3, bad), { source: 'api', stream: 'b.log' })
    await web.idle(1)
    expect(web.alerts[0]?.labels).toEqual({ rule: 'shop', source: 'api', stream: 'b.log' })
  })
})

describe('other measures', () => {
  test('a percentile is told to within a hundredth', async () => {
    await using web = new Watching('  slow: { when: p90 request_time > 2 s over 5m }')
    web.see([...times(89, { request_time: 0.1 }), ...times(11, { request_time: 3 })])
    await web.idle(1)
    expect(web.told[0]).toMatch(/^firing: p90 request_time of slow is (2\.9|3|3\.0)\d*s \(100 lines\) over 5m, more than 2s$/)
  })

  test.each([
    ['latency > 2 s', [{ request_time: 2 }], [{ request_time: 2.5 }], 'latency of slow is 2.5s over 1m, more than 2s'],
    ['latency > 2 s', [{ request_time_ms: 2000 }], [{ request_time_ms: 2500 }], 'latency of slow is 2.5s over 1m, more than 2s'],
    [
      'latency > 2 s for 2 of 3',
      [{ latency: 3 }, { latency: 1 }, { latency: 1 }, { latency: 3 }],
      [{ latency: 3 }],
      'latency of slow is more than 2s in 2 of the last 3, at least 2',
    ],
    [
      'latency > 2 s for 50 % over 1m',
      times(20, { latency: 1 }),
      times(21, { latency: 3 }),
      'latency of slow is more than 2s in 51.2 % (21 of 41) over 1m, more than 50 %',
    ],
    ['bytes < 10', [{ bytes: 10 }], [{ bytes: 9 }, { bytes: 3 }], 'bytes of slow is 3 (2 lines of 3) over 1m, less than 10'],
  ])('%s', async (when, before, after, told) => {
    await using web = new Watching(`  slow: { when: ${when} }`)
    web.see(before)
    await web.idle(1)
    expect(web.told).toEqual([])
    web.see(after)
    await web.idle(1)
    expect(web.told).toEqual([`firing: ${told}`])
  })

  test('too few lines are told of whole windows alone', async () => {
    await using web = new Watching('  quiet: { when: requests count < 5 over 10s, resolve_after: 0s }')
    web.see(times(10, ok))
    await web.idle(8)
    expect(web.told).toEqual([])
    web.see(times(3, ok))
    await web.idle(6)
    expect(web.told).toEqual(['firing: requests of quiet are 3 over 10s, less than 5'])
    web.see(times(10, ok))
    await web.idle(3)
    expect(web.told).toHaveLength(2)
  })
})

describe('what does not come', () => {
  const absent = '  health: { when: no path = /health for 5m }'

  test('is told by the clock, and is over with the next line', async () => {
    await using web = new Watching(absent)
    await web.idle(200)
    web.see([{ path: '/health' }])
    await web.idle(299)
    expect(web.told).toEqual([])
    await web.idle(3)
    expect(web.told).toEqual(['firing: no path: /health of health for 5m, for 5m'.replace(', for 5m', '')])
    await web.idle(60)
    web.see([{ path: '/health' }])
    await web.idle(1)
    expect(web.told).toHaveLength(2)
    expect(web.told[1]).toMatch(/^resolved: path: \/health of health again after 1m/)
  })

  test('is not missed while its source is behind', async () => {
    await using web = new Watching(absent)
    web.see([{ path: '/' }], { ago: 900 })
    await web.idle(900, [])
    expect(web.told).toEqual([])
    web.see([{ path: '/health' }], { ago: 10 })
    await web.idle(200)
    expect(web.told).toEqual([])
  })

  test('is missed over a restart', async () => {
    await using web = new Watching(absent)
    web.see([{ path: '/health' }])
    await web.idle(240)
    web.kill()
    await web.idle(65)
    expect(web.told).toHaveLength(1)
    web.kill()
    await web.idle(65)
    expect(new Set(web.alerts.map(({ incident }) => incident)).size).toBe(1)
  })
})

describe('each line that fits', () => {
  const panics = '  panic: { regex: { pattern: "panic: .*", limit: 2, per: 1m }, summary: "${group}: a panic" }'

  test('is an incident of its own, but not more than a limit in a time', async () => {
    await using web = new Watching(panics)
    web.see([{ message: 'all is well' }, ...times(5, { message: 'kernel panic: no init' })])
    await web.idle(61)
    web.see([{ message: 'panic: again' }])
    await web.idle(1)
    expect(web.told).toEqual(times(3, {}).map(() => 'firing: panic: a panic'))
    expect(new Set(web.alerts.map(({ incident }) => incident)).size).toBe(3)
    expect(web.alerts[0]?.detail).toContain('kernel panic: no init')
    expect(web.alerts[2]?.detail).toEndWith('3 more lines before this one were not told: more than 2 in 1m')
    await web.idle(300)
    expect(web.alerts.filter(({ status }) => status === 'resolved')).toHaveLength(3)
    expect(web.watch.status().rules[0]).toMatchObject({ fit: 6, untold: 3, open: 0 })
  })

  test('has the same name when it is read again', async () => {
    await using web = new Watching(panics)
    web.see([{ message: 'panic: 1' }], { id: 'S1:0-20' })
    await web.idle(1)
    web.kill()
    web.see([{ message: 'panic: 1' }], { id: 'S1:0-20' })
    await web.idle(1)
    expect(new Set(web.alerts.map(({ incident }) => incident)).size).toBe(1)
  })
})

describe('a restart', () => {
  test('neither loses nor repeats an incident', async () => {
    await using web = new Watching(share)
    web.see(times(100, bad))
    expect(JSON.parse(readFileSync(join(web.directory, 'rules.json'), 'utf8')).incidents).toHaveLength(1)
    expect(statSync(join(web.directory, 'rules.json')).mode & 0o777).toBe(0o600)
    web.kill()
    await web.idle(10)
    web.see(times(100, bad))
    await web.idle(10)
    web.kill()
    web.see(times(100, ok))
    await web.idle(200)
    web.kill()
    await web.idle(100)
    expect(new Set(web.alerts.map(({ incident }) => incident)).size).toBe(1)
    expect(web.alerts.filter(({ status }) => status === 'resolved')).toHaveLength(1)
    expect(web.watch.status().incidents.open).toBe(0)
  })

  const windows = [
    [share, times(6, bad), times(94, ok)],
    ['  count: { when: 5xx count > 10 over 1m }', times(6, bad), times(6, bad)],
    ['  tail: { when: p90 took > 2 s over 1m }', times(85, { took: 0.1 }), times(15, { took: 3 })],
    ['  some: { when: "took > 2 s for 6 of 10" }', times(4, { took: 3 }), times(2, { took: 3 })],
    ['  each: { when: 5xx count > 10 over 1m, by: [host] }', times(6, { ...bad, host: 'a' }), times(6, { ...bad, host: 'a' })],
  ] as const

  test.each(windows)('goes on with the window of %s', async (rule, before, after) => {
    const told = async (restart: (web: Watching) => unknown): Promise<unknown> => {
      await using web = new Watching(rule)
      web.see(before)
      await web.idle(20)
      await restart(web)
      web.see(after)
      await web.idle(2)
      return web.watch.status().rules.map(({ standings }) => standings)
    }
    const whole = await told(() => {})
    expect(JSON.stringify(whole)).toContain('"hits"')
    expect(await told(web => web.restart())).toEqual(whole)
    // It remembers every ten seconds.
    expect(await told(web => web.kill())).toEqual(whole)
  })

  test('does not take what it has seen a second time', async () => {
    await using web = new Watching('  count: { when: 5xx count > 10 over 1m }')
    web.see(times(6, bad), { id: 's1:0-600' })
    await web.restart()
    web.see(times(6, bad), { id: 's1:0-600' })
    web.see(times(4, bad), { id: 's1:600-1000' })
    await web.idle(1)
    expect(web.told).toEqual([])
    web.see(times(1, bad), { id: 's1:1000-1100' })
    await web.idle(1)
    expect(web.told).toHaveLength(1)
  })

  test('with another rule of the name, or without what was kept, begins windows anew', async () => {
    await using web = new Watching('  count: { when: 5xx count > 10 over 1m }')
    web.see(times(6, bad))
    await web.restart('  count: { when: 5xx count > 10 over 2m }')
    web.see(times(6, bad))
    await web.idle(1)
    expect(web.told).toEqual([])
    await web.restart()
    writeFileSync(join(web.directory, 'windows.json'), '{"form":')
    web.kill()
    expect(web.logged.at(-1)).toStartWith('warn: windows of rules begin anew')
    web.see(times(6, bad))
    await web.idle(1)
    expect(web.told).toEqual([])
  })

  test('that takes a moment goes on to watch for too few lines, a longer one looks at a whole window first', async () => {
    const secondsUntilTold = async (pause: number): Promise<number> => {
      await using web = new Watching('  quiet: { when: path = "/" count < 1 over 30s }')
      web.see([{ path: '/' }])
      await web.idle(20)
      await web.restart(undefined, pause)
      for (let seconds = 0; ; seconds++) {
        if (web.told.length > 0 || seconds > 100) return seconds
        await web.idle(1)
      }
    }
    expect(await secondsUntilTold(1)).toBeLessThan(15)
    expect(await secondsUntilTold(12)).toBeGreaterThan(25)
  })

  test('without the rule ends its incident', async () => {
    await using web = new Watching(share)
    web.see(times(100, bad))
    web.kill('  other: { when: 5xx count > 5 over 1m }')
    await web.idle(1)
    expect(web.told.at(-1)).toEndWith('more than 10 %: the rule is not there any more')
  })

  test('begins anew where what it remembered can not be read, and puts that aside', async () => {
    await using web = new Watching(share)
    writeFileSync(join(web.directory, 'rules.json'), '{"form":')
    web.kill()
    expect(readFileSync(join(web.directory, 'rules.json.broken'), 'utf8')).toBe('{"form":')
    expect(web.logged.at(-1)).toContain('can not be read')
  })

  test('and alerts that nobody takes: they are raised until somebody does', async () => {
    await using web = new Watching(share)
    web.refuses = true
    web.see(times(100, bad))
    await web.idle(5)
    web.refuses = false
    await web.idle(3)
    expect(web.told).toHaveLength(1)
  })
})

test('records of other sources are not looked at', async () => {
  await using web = new Watching('  shop: { when: 5xx count > 2 over 1m, sources: api }', ['web', 'api'])
  web.see(times(3, bad))
  await web.idle(1)
  expect(web.watch.status().rules[0]).toMatchObject({ seen: 0 })
})

test('a summary of its own has what is known', async () => {
  await using web = new Watching(
    '  shop: { when: 5xx share > 10 % over 1m, labels: { team: pay }, summary: "${labels.team}: ${value} of ${base} (${bound}) ${rule} ${severity}" }',
  )
  web.see(times(40, bad))
  await web.idle(1)
  expect(web.told).toEqual(['firing: pay: 100 % of 40 (more than 10 %) shop warning'])
})
