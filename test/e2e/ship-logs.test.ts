import { describe, expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { opsctl, opsctlProgram, startOpsctl } from '../helpers/opsctl.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const line = (index: number): string =>
  `198.51.100.${index % 250} - - [09/Mar/2024:07:05:01 +0100] "GET /page/${index} HTTP/1.1" ${index % 10 === 0 ? 500 : 200} ${index} "-" "curl/8.5"\n`
const many = Array.from({ length: 60_000 }, (_, index) => line(index)).join('')

/** A log of the real world, in the combined format: where it lies is told by a variable. */
const realLog = process.env['OPSCTL_TEST_ACCESS_LOG'] ?? ''

describe('opsctl ship-logs', () => {
  test('ends quietly when its reader goes away', async () => {
    await using directory = await tempDir()
    await writeFile(join(directory.path, 'access.log'), many)
    const words = `"${opsctlProgram()}" ship-logs access.log | head -1; echo "\${PIPESTATUS[0]}"`
    const { stdout, stderr } = spawnSync('bash', ['-c', words], {
      cwd: directory.path,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], HOME: directory.path },
    })
    expect(stdout).toMatch(/^\{"remote_addr":"198\.51\.100\.0",.*\}\n141\n$/)
    expect(stderr).toBe('')
  }, 120_000)

  test('tells why a file can not be read on a pipe too, however soon it ends', async () => {
    await using directory = await tempDir()
    for (let round = 0; round < 10; round++) {
      const { code, stderr } = await opsctl(['ship-logs', 'none.log'], { cwd: directory.path })
      expect({ code, stderr }).toEqual({ code: 1, stderr: 'opsctl: none.log: there is no such file\n' })
    }
  }, 60_000)

  test.each([
    ['its reader goes away', '| head -1; echo "${PIPESTATUS[0]}"', /^\{"remote_addr":"198\.51\.100\.0",.*\}\n141\n$/],
    ['its disk is full', '> /dev/full; echo "$?"', /^74\n$/],
  ])(
    'ends a pipeline to stdout when %s',
    async (_, where, expected) => {
      await using directory = await tempDir()
      await writeFile(join(directory.path, 'access.log'), many)
      const sources = { web: { type: 'file', paths: ['access.log'], format: 'combined' } }
      await writeFile(join(directory.path, 'pipeline.yaml'), JSON.stringify({ sources, sinks: { out: { type: 'stdout' } } }))
      const { stdout } = spawnSync('bash', ['-c', `"${opsctlProgram()}" -q ship-logs -f pipeline.yaml ${where}`], {
        cwd: directory.path,
        encoding: 'utf8',
        env: { PATH: process.env['PATH'], HOME: directory.path },
        timeout: 60_000,
      })
      expect(stdout).toMatch(expected)
    },
    120_000,
  )

  test('delivers what comes on stdin once, run after run', async () => {
    await using directory = await tempDir()
    const options = { cwd: directory.path, home: directory.path, deadlineMs: 60_000 }
    await writeFile(
      join(directory.path, 'pipeline.yaml'),
      'sources: { in: { type: stdin, format: logfmt } }\nsinks: { out: { type: file, path: out.ndjson } }\n',
    )
    const numbers = Array.from({ length: 10 }, (_, n) => n)
    for (const n of numbers) {
      const { code } = await opsctl(['ship-logs', '-f', 'pipeline.yaml'], { ...options, stdin: `n=${n}\n` })
      expect(code).toBe(0)
    }
    expect(await Bun.file(join(directory.path, 'out.ndjson')).text()).toBe(numbers.map(n => `{"n":${n}}\n`).join(''))
    const { stdout } = await opsctl(['ship-logs', 'status', 'pipeline.yaml', '-o', 'json'], options)
    expect(JSON.parse(stdout)).toMatchObject({
      ledger: [{ lines: 10, records: 10, delivered: 10, spooled: 0, dead: 0, dropped: 0 }],
    })
  }, 120_000)

  test('tells of a full disk', async () => {
    expect(await opsctl(['ship-logs'], { stdin: many, stdoutFile: '/dev/full', deadlineMs: 100_000 })).toMatchObject({
      code: 74,
      stderr: expect.stringContaining('stdout can not be written: ENOSPC'),
    })
  }, 120_000)

  test.each(['-', 'pipe'])(
    'ends behind a whole record when %s is interrupted',
    async name => {
      await using directory = await tempDir()
      expect(spawnSync('mkfifo', [join(directory.path, 'pipe')]).status).toBe(0)
      const run = await startOpsctl(['ship-logs', name, 'never'], { cwd: directory.path, stdin: 'open', deadlineMs: 100_000 })
      const writer =
        name === 'pipe' ? Bun.spawn(['sh', '-c', 'exec cat > pipe'], { cwd: directory.path, stdin: 'pipe' }) : undefined
      const write = (text: string): void => void (writer ? writer.stdin.write(text) : run.write(text))
      write(`${line(1)}${line(2)}198.51.100.3 - - [09/Mar`)
      await writer?.stdin.flush()
      await run.until(/page\/2/)
      run.kill('SIGINT')
      const { code, stdout, stderr } = await run.ended
      writer?.kill()
      expect(code).toBe(130)
      expect(
        stdout
          .split('\n')
          .slice(0, -1)
          .map(record => JSON.parse(record).bytes),
      ).toEqual([1, 2])
      expect(stdout.endsWith('}\n')).toBe(true)
      expect(stderr).not.toContain('never')
    },
    120_000,
  )

  test('passes on at once what comes in pieces', async () => {
    const run = await startOpsctl(['ship-logs', '-'], { stdin: 'open', deadlineMs: 100_000 })
    run.write(line(1))
    await run.until(/page\/1/)
    run.write('not a line of it\n')
    await run.until(/"raw":"not a line of it"/)
    run.child.stdin?.end()
    expect(await run.ended).toMatchObject({ code: 0, stderr: '' })
  }, 120_000)

  test.skipIf(!existsSync(realLog))(
    'counts the status codes of a real log as awk does',
    async () => {
      const { code, stdoutBytes, stderr } = await opsctl(['ship-logs', '-v', realLog], { deadlineMs: 100_000 })
      expect(code).toBe(0)
      const records = Buffer.from(stdoutBytes)
        .toString()
        .split('\n')
        .slice(0, -1)
        .map(record => JSON.parse(record))
      const lines = readFileSync(realLog, 'latin1').split('\n').length - 1
      expect(records.length).toBe(lines)
      const misfits = records.filter(({ raw }) => raw !== undefined)
      expect(stderr).toContain(`${lines} lines as combined: ${lines - misfits.length} records, ${misfits.length} did not fit`)
      // What does not fit counts by awk's measure too.
      const counted = spawnSync('awk', ['{ n[$9]++ } END { for (s in n) print s, n[s] }', realLog], { encoding: 'utf8' }).stdout
      const ours = Map.groupBy(records, ({ status, raw }) => String(status ?? raw.split(' ')[8]))
      expect(Object.fromEntries([...ours].map(([status, group]) => [status, group.length]))).toEqual(
        Object.fromEntries(
          counted
            .trim()
            .split('\n')
            .map(pair => [pair.split(' ')[0], Number(pair.split(' ')[1])]),
        ),
      )
    },
    120_000,
  )
})
