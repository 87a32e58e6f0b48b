import { describe, expect, test } from 'bun:test'
import { findCommand } from '../../src/lib/cli/find-command.ts'
import { offer } from '../../src/lib/surface/completion/offer.ts'
import { programOf } from '../helpers/in-process.ts'

const program = programOf()
const offered = (line: string) => {
  const found = offer(program, line.split(' '))
  return found.kind === 'words' ? found.candidates.map(({ word }) => word) : found.kind
}

describe('a command that has verbs', () => {
  test.each([
    ['probe', 'probe', []],
    ['probe https://example.com', 'probe', ['https://example.com']],
    ['probe wait https://example.com', 'probe wait', ['https://example.com']],
    ['-o json probe -t @web wait', 'probe wait', ['-o', 'json', '-t', '@web']],
    ['probe routes test team=shop', 'probe routes test', ['team=shop']],
    ['probe -t @web routes -o json test team=shop', 'probe routes test', ['-t', '@web', '-o', 'json', 'team=shop']],
    ['probe routes tset', 'probe', ['routes', 'tset']],
    ['probe https://example.com wait', 'probe', ['https://example.com', 'wait']],
  ])('is found in `opsctl %s`', (line, path, rest) => {
    const found = findCommand(program, line.split(' '))
    expect({ path: found.command?.path.join(' '), rest: found.rest }).toEqual({ path, rest })
  })

  test.each([
    ['probe w', ['wait']],
    ['probe wait --ev', ['--every']],
    ['probe rou', ['routes']],
    ['probe routes t', ['test']],
    ['probe https://example.com w', []],
    ['pro', ['probe']],
  ])('is completed after `opsctl %s`', (line, words) => {
    expect(offered(line)).toEqual(words)
  })
})
