import { describe, expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import { closeSync, constants, openSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { Descriptor } from '../../src/lib/io/descriptor.ts'
import { plainStyle } from '../../src/lib/io/plain-style.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const over = (fd: number, closed = false): Descriptor =>
  new Descriptor(fd, {
    name: 'stdout',
    closed,
    isTerminal: false,
    columns: () => 80,
    style: plainStyle,
    later: call => void setTimeout(call, 1),
  })

describe('a descriptor', () => {
  test('keeps the order of what is written without waiting', async () => {
    await using directory = await tempDir()
    const file = join(directory.path, 'out')
    const fd = openSync(file, 'w')
    const out = over(fd)
    await Promise.all(['one ', 'two ', new TextEncoder().encode('three '), '', 'four'].map(piece => out.write(piece)))
    closeSync(fd)
    expect(readFileSync(file, 'utf8')).toBe('one two three four')
  })

  test('waits for the reader of a full pipe that somebody made non-blocking, and loses nothing', async () => {
    await using directory = await tempDir()
    const fifo = join(directory.path, 'fifo')
    spawnSync('mkfifo', [fifo])
    const fd = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK)
    const size = 300_000
    const written = over(fd).write(Buffer.alloc(size, 'x'))
    let read = 0
    const buffer = Buffer.alloc(65_536)
    const drained = (async () => {
      while (read < size) {
        try {
          read += readSync(fd, buffer)
        } catch (error) {
          expect(error).toHaveProperty('code', 'EAGAIN')
        }
        await new Promise(resolve => setImmediate(resolve))
      }
    })()
    await Promise.all([written, drained])
    closeSync(fd)
    expect(read).toBe(size)
  })

  test('tells a full disk, now and ever after', async () => {
    const fd = openSync('/dev/full', 'w')
    const out = over(fd)
    const full = expect.objectContaining({ code: 'E_OUTPUT', exit: 74, message: expect.stringContaining('stdout') })
    await expect(out.write('lost')).rejects.toEqual(full)
    await expect(out.write('lost too')).rejects.toEqual(full)
    closeSync(fd)
  })

  test('fails every write when the caller gave no such stream', async () => {
    await expect(over(1, true).write('hello')).rejects.toThrow('stdout is closed')
  })
})
