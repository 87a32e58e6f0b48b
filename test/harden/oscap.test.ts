import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { StepError } from '../../src/lib/core/plan.ts'
import { KeptResults } from '../../src/lib/harden/oscap/kept-results.ts'
import { runOscap } from '../../src/lib/harden/oscap/run-oscap.ts'
import { XccdfError, XccdfReader } from '../../src/lib/harden/oscap/xccdf-results.ts'
import { needs } from '../helpers/needs.ts'
import { opsctl } from '../helpers/opsctl.ts'
import { type TempDir, tempDir } from '../helpers/temp-dir.ts'
import { rejection } from '../plan/round-trip.ts'
import { fullHost } from '../plan/step-host.ts'

const document = `<?xml version="1.0" encoding="UTF-8"?>
<Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2" id="b"><title>Guide</title>
<Group id="g"><title>Accounts &amp; more</title><Rule id="xccdf_org.ssgproject.content_rule_a" severity="high"><title>Prüfe <i xmlns="http://www.w3.org/1999/xhtml">A</i> &amp; B</title></Rule></Group>
<TestResult id="t"><title>x</title>
<rule-result idref="xccdf_org.ssgproject.content_rule_a" severity="high"><result>fail</result></rule-result>
<rule-result idref="xccdf_org.ssgproject.content_rule_b" severity="low"><result>notselected</result></rule-result>
<rule-result idref="xccdf_org.ssgproject.content_rule_a" severity="high"><result>fixed</result></rule-result>
</TestResult></Benchmark>`

describe('results of oscap', () => {
  test('are the same in whatever pieces they arrive', () => {
    const bytes = Buffer.from(document)
    for (const size of [1, 2, 7, 4096]) {
      const reader = new XccdfReader()
      for (let at = 0; at < bytes.length; at += size) reader.write(bytes.subarray(at, at + size))
      expect(reader.end()).toEqual([
        { rule: 'xccdf_org.ssgproject.content_rule_a', result: 'fixed', severity: 'high', title: 'Prüfe  & B' },
      ])
    }
  })

  test.each([
    ['an end in the middle', document.slice(0, 700)],
    ['no test result', '<Benchmark></Benchmark>'],
    ['nothing', ''],
    ['another thing', 'Segmentation fault'],
  ])('with %s are no results', (_, text) => {
    const read = (): unknown => {
      const reader = new XccdfReader()
      reader.write(Buffer.from(text))
      return reader.end()
    }
    expect(read).toThrow(XccdfError)
  })
})

describe('an oscap', () => {
  let scratch: TempDir
  beforeAll(async () => {
    scratch = await tempDir()
  })
  afterAll(() => scratch[Symbol.asyncDispose]())

  /** A host whose oscap is this script; `$results` is the file that it is to write. */
  async function hostWithOscap(name: string, script: string) {
    const bin = join(scratch.path, name)
    const temporary = join(bin, 'tmp')
    await mkdir(temporary, { recursive: true })
    await writeFile(join(bin, 'document.xml'), document)
    const find = 'while [ "$1" != --results ]; do shift; done; results=$2'
    await writeFile(join(bin, 'oscap'), `#!/bin/sh\n${find}\n${script}\n`)
    await chmod(join(bin, 'oscap'), 0o755)
    return { bin, temporary, host: fullHost({ PATH: `${bin}:${process.env['PATH']}`, TMPDIR: temporary }) }
  }

  const request = {
    profile: 'standard',
    rules: [],
    content: Buffer.from('<x/>'),
    signal: new AbortController().signal,
    timeoutMs: 60_000,
  }

  test('that writes results and says that some failed gives results, and leaves nothing on the host', async () => {
    const { bin, host, temporary } = await hostWithOscap('good', `cp "$(dirname "$0")/document.xml" "$results"; exit 2`)
    expect(await runOscap(host, request)).toHaveLength(1)
    expect(await readdir(temporary)).toEqual([])
    expect(await readFile(join(bin, 'document.xml'), 'utf8')).toBe(document)
  }, 60_000)

  test('has its results kept as they are, where they can be written', async () => {
    const { host, temporary } = await hostWithOscap('kept', `cp "$(dirname "$0")/document.xml" "$results"; exit 2`)
    const file = join(scratch.path, 'kept.xml.gz')
    const lost: unknown[] = []
    for (const path of [file, join(scratch.path, 'nowhere/kept.xml.gz')]) {
      const kept = new KeptResults(path, error => lost.push(error))
      expect(await runOscap(host, { ...request, kept })).toHaveLength(1)
      await kept.keep()
      await kept.discard()
    }
    expect(gunzipSync(await readFile(file)).toString()).toBe(document)
    expect(lost).toHaveLength(1)
    expect(await readdir(temporary)).toEqual([])
  }, 60_000)

  test('without a whole result has nothing kept', async () => {
    const kept = new KeptResults(join(scratch.path, 'half.xml.gz'), () => expect.unreachable())
    await kept.write(Buffer.from(document.slice(0, 200)))
    await kept.discard()
    expect((await readdir(scratch.path)).filter(name => name.includes('half'))).toEqual([])
  }, 60_000)

  test('whose results are huge is waited for, not held in memory', async () => {
    const huge =
      'i=0; while [ $i -lt 40000 ]; do echo "<!-- $i 0123456789012345678901234567890123456789012345678901234567890123456789 -->"; i=$((i+1)); done'
    const { host } = await hostWithOscap(
      'huge',
      `d="$(dirname "$0")/document.xml"; { head -n 1 $d; ${huge}; tail -n +2 $d; } >"$results"`,
    )
    const kept = new KeptResults(join(scratch.path, 'huge.xml.gz'), () => expect.unreachable())
    expect(await runOscap(host, { ...request, kept })).toHaveLength(1)
    await kept.keep()
    expect(gunzipSync(await readFile(join(scratch.path, 'huge.xml.gz'))).length).toBeGreaterThan(3_000_000)
  }, 60_000)

  test.each([
    ['aborts', 'echo "Assertion failed" >&2; kill -ABRT $$', 'Assertion failed'],
    ['aborts behind its results', `cp "$(dirname "$0")/document.xml" "$results"; kill -ABRT $$`, 'oscap ended with signal 6'],
    ['refuses', 'echo "No profile matching suffix" >&2; exit 1', 'oscap ended with status 1: No profile matching suffix'],
    ['says 0 and writes nothing', 'exit 0', 'oscap left no whole result'],
    ['says 0 and writes half', `head -c 700 "$(dirname "$0")/document.xml" >"$results"`, 'oscap left no whole result'],
  ])(
    'that %s is a failure of the host',
    async (name, script, message) => {
      const { host } = await hostWithOscap(name, script)
      const error = await rejection(runOscap(host, request))
      expect(error).toBeInstanceOf(StepError)
      expect(String(error)).toContain(message)
    },
    60_000,
  )
})

const content = '/usr/share/xml/scap/ssg/content/ssg-debian11-ds.xml'

describe.skipIf(!needs('oscap', 'scap-content'))('real oscap', () => {
  const scan = (...flags: readonly string[]) =>
    opsctl(
      [
        'harden',
        'scan',
        '--oscap',
        '--profile',
        'standard',
        '--oscap-rule',
        'file_permissions_etc_passwd',
        '-o',
        'json',
        ...flags,
      ],
      {
        deadlineMs: 120_000,
      },
    )

  test('judges this machine by the content of Debian 11, told to be for this release', async () => {
    await using scratch = await tempDir()
    const file = join(scratch.path, 'ds.xml')
    const release = /^(\d+)/.exec(await readFile('/etc/debian_version', 'utf8'))?.[1] ?? '12'
    await writeFile(file, (await readFile(content, 'utf8')).replaceAll('^11.[0-9]+$', `^${release}.[0-9]+$`))
    const { code, stdout } = await scan('--content', file)
    expect({ code, items: JSON.parse(stdout).items }).toEqual({
      code: 0,
      items: [expect.objectContaining({ name: 'file_permissions_etc_passwd', verdict: 'pass' })],
    })
  }, 180_000)

  test('of which nothing applies is an error, though oscap says that all is well', async () => {
    const { code, stdout } = await scan('--content', content)
    expect({ code, last: JSON.parse(stdout).items.at(-1) }).toEqual({
      code: 3,
      last: expect.objectContaining({ verdict: 'unknown', message: expect.stringContaining('none of 1 rules is applicable') }),
    })
  }, 180_000)
})
